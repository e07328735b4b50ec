package io.github.lapidary.training.run;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.model.Models;
import io.github.lapidary.model.TrainingFormat;
import java.io.IOException;
import java.util.Map;

/**
 * The memory that a run takes, roughly.
 *
 * @param parameters the number of weights
 * @param bytes what they, their gradients and moments, and the inner results of a batch take
 */
record MemoryEstimate(long parameters, long bytes) {

    private static final long LOSS = 150_000_000; // at most, however many tokens there are

    /** What the engine and the virtual machine take, with nothing in them. */
    private static final long BASE = 300_000_000;

    /**
     * How many numbers of a token a layer keeps for each row and column of its matrices: their
     * inputs and outputs, and those of norms and rotations between them.
     */
    private static final double NUMBERS = 1.65;

    private static final String EXPERTS = ".experts.";
    private static final long EXPERTS_OF_A_TOKEN = 2;

    static MemoryEstimate of(RunConfig config, ModelConfig model) {
        long parameters = 0;
        double[] layers = new double[model.numHiddenLayers()];
        for (Map.Entry<String, Parameter> entry : Models.of(model).parametersByPath().entrySet()) {
            Shape shape = entry.getValue().getShape();
            parameters += shape.size();
            if (entry.getKey().startsWith("layers.") && shape.dimension() > 1) {
                int layer = Integer.parseInt(entry.getKey().split("\\.", 3)[1]);
                layers[layer] += NUMBERS * rowsAndColumns(entry.getKey(), shape);
            }
        }
        Object heads = model.jsonValues().get("num_attention_heads");
        for (int i = 0; i < layers.length; i++) {
            boolean attends = model.layerKinds().get(i) != LayerKind.RECURRENT;
            if (attends && heads instanceof Number number) {
                layers[i] += number.doubleValue() * config.sequenceLength(); // what each weighs
            }
        }
        double all = 0;
        double largest = 0;
        for (double layer : layers) {
            all += config.recompute() ? model.hiddenSize() : layer;
            largest = Math.max(largest, layer);
        }
        double tokens = (double) config.batchSize() * config.sequenceLength();
        double batch = tokens * Float.BYTES * (config.recompute() ? all + largest : all);
        double loss = Math.min(LOSS, tokens * model.vocabSize() * Float.BYTES * 2);
        double weights = (double) parameters * bytesOfParameter(config.format());
        return new MemoryEstimate(parameters, (long) (BASE + weights + batch + loss));
    }

    /** Counts those of the matrices that a token is multiplied with: of experts there are two. */
    private static long rowsAndColumns(String path, Shape shape) {
        return path.contains(EXPERTS)
                ? EXPERTS_OF_A_TOKEN * (shape.get(1) + shape.get(2))
                : shape.get(0) + shape.get(1);
    }

    /** Counts weight, gradient, two moments and, if mixed, the copy. */
    private static int bytesOfParameter(TrainingFormat format) {
        return switch (format) {
            case FLOAT32 -> 4 * Float.BYTES;
            case MIXED -> 4 * Float.BYTES + Short.BYTES;
            case BFLOAT16 -> 4 * Short.BYTES;
        };
    }

    /**
     * Refuses a run that cannot fit.
     *
     * @throws IOException with both numbers
     */
    void check(RunConfig config, long available) throws IOException {
        if (bytes > available) {
            throw new IOException(
                    "A batch of %d rows of %d tokens of a model of %d parameters takes about %d MB; available are %d MB. Take a smaller batch_size (and more accumulation), a shorter data.sequence_length, or recompute: true."
                            .formatted(
                                    config.batchSize(),
                                    config.sequenceLength(),
                                    parameters,
                                    bytes / 1_000_000,
                                    available / 1_000_000));
        }
    }
}
