package io.github.lapidary.translate;

import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import java.net.URI;
import java.util.Set;

/**
 * Finds the model of a URL {@code lapidary:PATH?dtype=bfloat16&context=2048}; DJL's {@code
 * Criteria} find this class by themselves.
 *
 * <p>The path is that of a Hugging Face folder, a GGUF file, or a prepared folder; what follows are
 * arguments of {@link GenerativeBlockFactory} and {@link GenerationTranslatorFactory}.
 */
public final class LapidaryRepositoryFactory implements RepositoryFactory {

    /**
     * Describes the model of a URL.
     *
     * @throws IllegalArgumentException if the URL is not so written
     */
    @Override
    public Repository newInstance(String name, URI uri) {
        return LapidaryRepository.of(name, uri);
    }

    @Override
    public Set<String> getSupportedScheme() {
        return Set.of(ModelUrl.SCHEME);
    }
}
