package io.github.lapidary.training;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.config.GemmaConfig;
import io.github.lapidary.config.Presets;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.model.TrainingOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * One pass after another through a model of a large vocabulary and narrow layers, for a process of
 * its own: few tokens; many, without gradients, with recomputed layers, and with kept ones.
 */
final class TrainingPeaks {

    static final int TOKENS = 2048;
    static final long LOGITS = 4L * TOKENS * 131_072;

    private static final int WIDTH = 32;
    private static final int LAYERS = 18;

    /** The bytes of what goes into all layers. */
    static final long LAYER_INPUTS = 4L * TOKENS * WIDTH * LAYERS;

    private TrainingPeaks() {}

    /** Writes the peak after each pass, in bytes, to the file {@code args[0]}. */
    public static void main(String[] args) throws Exception {
        StringBuilder peaks = new StringBuilder();
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model = Models.of(config());
            model.initialize(manager, DataType.FLOAT32, new Shape(1, 1));
            try (GradientSum sum = new GradientSum(model)) {
                TrainingBatch few = TrainingBatch.of(manager, 1, 256);
                TrainingBatch many = TrainingBatch.of(manager, 1, TOKENS);
                sum.add(few.data(), few.labels());
                peaks.append(peak());
                model.loss(many.data(), many.labels());
                peaks.append(peak());
                model.setTraining(TrainingOptions.defaults().withRecomputation(true));
                sum.add(many.data(), many.labels());
                peaks.append(peak());
                model.setTraining(TrainingOptions.defaults());
                sum.add(many.data(), many.labels());
                peaks.append(peak());
            }
        }
        Files.writeString(Path.of(args[0]), peaks);
    }

    private static String peak() throws Exception {
        String line =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(text -> text.startsWith("VmHWM:"))
                        .findFirst()
                        .orElseThrow();
        return (Long.parseLong(line.replaceAll("\\D", "")) << 10) + "\n";
    }

    private static GemmaConfig config() {
        GemmaConfig large = (GemmaConfig) Presets.get("gemma-3-270m");
        return new GemmaConfig(
                large.version(),
                131_072,
                WIDTH,
                4 * WIDTH,
                2,
                1,
                16,
                large.layerKinds().subList(0, LAYERS),
                large.slidingWindow(),
                16,
                large.rmsNormEps(),
                TOKENS,
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                large.fullRotary(),
                large.slidingRotary(),
                large.specialTokens());
    }
}
