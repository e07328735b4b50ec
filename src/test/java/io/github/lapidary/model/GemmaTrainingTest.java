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
        return joined(foreignName.replaceFirst("^model\\.", ""));
    }

    /** Returns the place of a path that may be one of those that make up a matrix. */
    static Place joined(String path) {
        List<String> joined = List.of("q_proj", "k_proj", "v_proj");
        for (int i = 0; i < joined.size(); i++) {
            if (path.contains("." + joined.get(i) + ".")) {
                return new Place(path.replace(joined.get(i), "qkv_proj"), i);
            }
        }
        return new Place(path, 0);
    }
}
