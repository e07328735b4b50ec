package io.github.lapidary.translate;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Path;

/** A tiny model by DJL's ways, and by ours to compare with. */
final class TinyModel {

    /** Its turns and stop tokens are those of a model that chats. */
    static final Path PATH = Tiny.path("gemma1_mqa");

    static final GenerationOptions SHORT =
            GenerationOptions.builder().maxNewTokens(12).ignoreEos(true).build();

    private TinyModel() {}

    /** Returns criteria that find the model by its URL. */
    static <I, O> Criteria.Builder<I, O> criteria(Class<I> input, Class<O> output) {
        return Criteria.builder()
                .setTypes(input, output)
                .optModelUrls("lapidary:" + PATH + "?dtype=float32")
                .optTranslatorFactory(new GenerationTranslatorFactory(SHORT));
    }

    static <I, O> ZooModel<I, O> load(Class<I> input, Class<O> output) throws Exception {
        return criteria(input, output).build().loadModel();
    }

    static ZooModel<Input, Output> loadServing(String query) throws Exception {
        return Criteria.builder()
                .setTypes(Input.class, Output.class)
                .optModelUrls("lapidary:" + PATH + "?dtype=float32" + query)
                .build()
                .loadModel();
    }

    static LanguageModel direct() throws Exception {
        return LanguageModel.load(PATH, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
    }

    static LanguageModel inside(ZooModel<?, ?> model) {
        return ((GenerativeBlock) model.getBlock()).model();
    }
}
