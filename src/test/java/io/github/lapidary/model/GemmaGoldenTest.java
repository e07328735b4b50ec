package io.github.lapidary.model;

import java.util.ArrayList;
import java.util.List;

/** Every tiny Gemma checkpoint against the numbers of transformers. */
class GemmaGoldenTest extends ModelContract {

    static final List<String> DETAILED =
            List.of(
                    "gemma1_mha",
                    "gemma1_mqa",
                    "gemma2",
                    "gemma2_bf16",
                    "gemma3_mqa",
                    "gemma3_ropescale");

    @Override
    List<String> checkpoints() {
        List<String> all = new ArrayList<>(DETAILED);
        all.add("gemma3_multimodal_layout");
        return all;
    }

    @Override
    List<String> detailedCheckpoints() {
        return DETAILED;
    }
}
