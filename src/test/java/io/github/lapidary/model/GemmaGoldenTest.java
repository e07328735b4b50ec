package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.checkpoint.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every tiny Gemma checkpoint against the numbers of transformers. */
class GemmaGoldenTest {

    private static final double TOLERANCE = 1e-4;
    private static final List<String> PROMPTS = List.of("p0", "p1", "p2");

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private CausalLanguageModel load(String name) throws Exception {
        return CheckpointLoader.load(
                Checkpoint.open(Golden.path("tiny/" + name)),
                manager,
                WeightFormat.FLOAT32,
                ProgressListener.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma1_mha",
                "gemma1_mqa",
                "gemma2",
                "gemma2_bf16",
                "gemma3_mqa",
                "gemma3_multimodal_layout",
                "gemma3_ropescale"
            })
    void logitsOfWholePromptsAreTheReferences(String name) throws Exception {
        CausalLanguageModel model = load(name);
        try (Golden golden = new Golden(Golden.path("tiny/" + name + "/golden.safetensors"))) {
            for (String prompt : PROMPTS) {
                NDArray ids = golden.array(manager, prompt + ".input_ids");
                NDArray logits =
                        model.forward(new ParameterStore(manager, false), new NDList(ids), false)
                                .singletonOrThrow();
                Golden.assertClose(
                        name + " " + prompt,
                        golden.floats(prompt + ".logits"),
                        logits.toFloatArray(),
                        TOLERANCE);
            }
        }
    }
}
