package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.RandomWeights;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Choices from the likeliest tokens beside those from all logits, which log-probabilities need, of
 * a model whose output matrix is large enough for a copy in eight bits.
 */
@Timeout(120)
class ShortlistGenerationTest {

    /** Enough for the copy to be made on the way. */
    private static final int TOKENS = 80;

    @TempDir private Path folder;

    private static GenerationRequest request(GenerationOptions.Builder options) {
        return request(options, TOKENS);
    }

    private static GenerationRequest request(GenerationOptions.Builder options, int tokens) {
        return new GenerationRequest(
                Tiny.prompt(5), options.maxNewTokens(tokens).ignoreEos(true).build());
    }

    private static GenerationOptions.Builder greedy() {
        return GenerationOptions.builder();
    }

    private static GenerationOptions.Builder sampled() {
        return GenerationOptions.builder().temperature(1).topK(40).topP(0.9).seed(3);
    }

    private LanguageModel load() throws Exception {
        JsonObject json =
                JsonParser.parseString(Files.readString(Tiny.path("gemma2").resolve("config.json")))
                        .getAsJsonObject();
        json.addProperty("vocab_size", 1 << 18);
        Path file = Files.writeString(folder.resolve("config.json"), json.toString());
        Path large = folder.resolve("large");
        try (NDManager manager = NDManager.newBaseManager()) {
            CheckpointWriter.write(
                    RandomWeights.model(
                            ModelConfigReader.readFile(file), manager, WeightFormat.BFLOAT16, 1),
                    GenerationDefaults.NONE,
                    large,
                    WriteOptions.of(StoredType.BF16).withTokenizerFolder(Tiny.path("gemma2")));
        }
        return LanguageModel.load(large, LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16));
    }

    @Test
    void choicesAreThoseOfAllLogits() throws Exception {
        try (LanguageModel model = load()) {
            List<GenerationResult> listed =
                    model.generate(List.of(request(greedy()), request(sampled())));
            List<GenerationResult> all =
                    model.generate(
                            List.of(
                                    request(greedy().topLogprobs(1)),
                                    request(sampled().topLogprobs(1))));
            List<GenerationResult> mixed =
                    model.generate(List.of(request(sampled().topLogprobs(1)), request(greedy())));
            for (int i = 0; i < 2; i++) {
                assertEquals(TOKENS, listed.get(i).ids().length);
                assertArrayEquals(all.get(i).ids(), listed.get(i).ids());
                assertArrayEquals(listed.get(i).ids(), mixed.get(1 - i).ids());
            }
        }
    }

    /** The copy grows while tokens are chosen, of a model that takes no new arrays. */
    @Test
    void theCopyIsNotTheModelsOwn() throws Exception {
        try (LanguageModel model = load()) {
            model.generate(List.of(request(greedy(), 2))); // too few for the copy
            OpenResources.manager(model).cap(); // whatever is added to it throws
            assertEquals(TOKENS, model.generate(List.of(request(greedy()))).get(0).ids().length);
        }
    }
}
