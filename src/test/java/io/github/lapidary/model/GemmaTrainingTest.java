package io.github.lapidary.model;

import java.util.List;

/** The tiny Gemma checkpoints against the gradients of transformers. */
class GemmaTrainingTest extends TrainingContract {

    @Override
    List<String> checkpoints() {
        return GemmaGoldenTest.DETAILED;
    }

    @Override
    Place place(String foreignName) {
        String path = foreignName.replaceFirst("^model\\.", "");
        for (List<String> joined :
                List.of(List.of("q_proj", "k_proj", "v_proj"), List.of("gate_proj", "up_proj"))) {
            for (int i = 0; i < joined.size(); i++) {
                if (path.contains("." + joined.get(i) + ".")) {
                    String whole = joined.size() == 3 ? "qkv_proj" : "gate_up_proj";
                    return new Place(path.replace(joined.get(i), whole), i);
                }
            }
        }
        return new Place(path, 0);
    }
}
