package io.github.lapidary.model;

import java.util.List;

/** The tiny RecurrentGemma checkpoints against the gradients of transformers. */
class RecurrentGemmaTrainingTest extends TrainingContract {

    @Override
    List<String> checkpoints() {
        return RecurrentGemmaGoldenTest.ALL;
    }

    @Override
    Place place(String foreignName) {
        String path =
                foreignName
                        .replaceFirst("^model\\.", "")
                        .replaceFirst("^final_norm", "norm")
                        .replaceFirst("_gate_(weight|bias)$", "_gate.$1");
        return GemmaTrainingTest.joined(path);
    }
}
