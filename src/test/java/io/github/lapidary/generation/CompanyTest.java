package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.RealModels;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts in company beside the same alone, in bfloat16. */
@Timeout(120)
class CompanyTest {

    private static final int[] LENGTHS = {1, 7, 40, 3, 600, 12};

    private static List<GenerationRequest> requests() {
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < LENGTHS.length; i++) {
            GenerationOptions.Builder options =
                    GenerationOptions.builder().maxNewTokens(10 + 5 * i).ignoreEos(true);
            if (i % 2 == 1) {
                options.temperature(1.5).topK(50).seed(i);
            }
            if (i < 4) {
                options.topLogprobs(2); // needs all logits
            }
            requests.add(new GenerationRequest(Tiny.prompt(LENGTHS[i]), options.build()));
        }
        return requests;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mqa",
                "gemma2_bf16",
                "gemma3_mqa",
                "recurrentgemma_bf16",
                "glam_alt"
            })
    void textsAreTheSame(String name) throws Exception {
        check(Tiny.path(name));
    }

    @Test
    @Tag("real")
    void textsOfARealModelAreTheSame() throws Exception {
        check(RealModels.file("gemma-3-270m-q4_k_m.gguf"));
    }

    private static void check(Path path) throws Exception {
        LoadOptions options = LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16);
        try (LanguageModel model = LanguageModel.load(path, options)) {
            List<GenerationRequest> requests = requests();
            List<GenerationResult> together = model.generate(requests);
            for (int i = 0; i < LENGTHS.length; i++) {
                GenerationResult alone = model.generate(requests.subList(i, i + 1)).get(0);
                assertArrayEquals(alone.ids(), together.get(i).ids());
                assertEquals(alone.text(), together.get(i).text());
            }
        }
    }
}
