package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.Trainer;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tiny RecurrentGemma checkpoints against the gradients of transformers. */
class RecurrentGemmaTrainingTest extends TrainingContract {

    /** A scan that autograd sees takes decays and inputs apart, token by token. */
    private static final Pattern PART_OF_A_SCAN =
            Pattern.compile("\"autograd::engine::evaluate_function: UnbindBackward0\"");

    @TempDir private Path folder;

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

    private interface Pass {
        void run() throws Exception;
    }

    /** Only gradients of logits, which DJL's collector asks for by itself, need such scans. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void trainingLeavesNoScanToAutograd(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            assertTrue(partsOfScans(() -> backward(trainer, golden)) > 0);
            assertEquals(0, partsOfScans(() -> backwardFromTheHead(trainer, golden)));
            assertEquals(0, partsOfScans(() -> addGradients(sums(), golden)));
            model().setTraining(TrainingOptions.defaults().withRecomputation(true));
            assertEquals(0, partsOfScans(() -> addGradients(sums(), golden)));
        }
    }

    /** Returns how often the engine's profile of a pass names such a part. */
    private long partsOfScans(Pass pass) throws Exception {
        Path profile = folder.resolve("profile.json");
        JniUtils.startProfile(false, false, false);
        try {
            pass.run();
        } finally {
            JniUtils.stopProfile(profile.toString());
        }
        return PART_OF_A_SCAN.matcher(Files.readString(profile)).results().count();
    }
}
