package io.github.lapidary.checkpoint;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.kernel.format.MainMemory;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.nn.KernelParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Makes models that were never trained: of any size and without a file, for measuring. */
public final class RandomWeights {

    private RandomWeights() {}

    /**
     * Makes a model whose weights are drawn uniformly, with mean 0, or 1 for the factors of norms,
     * and a standard deviation of 0.02.
     *
     * <p>The same seed gives the same numbers, each rounded to the format, on every machine.
     *
     * @param manager what its arrays belong to; its device is the model's
     * @return the model, ready to run
     */
    public static CausalLanguageModel model(
            ModelConfig config, NDManager manager, WeightFormat format, long seed) {
        CausalLanguageModel model = Models.of(config);
        Map<String, Parameter> parameters = model.parametersByPath();
        try (Tensors tensors = new Tensors(manager);
                WeightBuilder builder =
                        new WeightBuilder(
                                tensors, format, manager.getDevice(), MainMemory::available)) {
            List<Origin> origins =
                    TensorNames.origins(config, parameters.keySet(), Style.HUGGING_FACE);
            boolean packs = builder.isRoomFor(packedBytes(origins, parameters, builder));
            for (Origin origin : origins) {
                Parameter parameter = parameters.get(origin.parameter());
                Shape shape = parameter.getShape();
                List<FloatSource> source = List.of(source(origin, seed));
                KernelParameters.replace(
                        parameter,
                        builder.fromNumbers(
                                origin.role(), shape, source, new long[] {shape.size()}));
                if (origin.role() == Role.EXPERTS && packs) {
                    builder.packBesideIfComplete(TensorPlan.experts(model, origin.parameter()));
                }
            }
            builder.packBeside(
                    origins.stream()
                            .filter(origin -> origin.role() == Role.LINEAR)
                            .map(origin -> TensorPlan.linear(model, origin.parameter()))
                            .toList());
            builder.screen(model.embedding());
            model.setFormat(format);
            model.loaded(manager, new Shape(1, 1));
            return model;
        } catch (IOException e) { // no file is read, but the thread may be interrupted
            model.clear();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            model.clear();
            throw e;
        }
    }

    private static FloatSource source(Origin origin, long seed) {
        FloatSource source = new RandomSource(seed, origin.parameter());
        return origin.role() == Role.FACTOR ? source.plus(1) : source;
    }

    /** Returns the bytes of all weights, experts being held in two layouts. */
    private static long packedBytes(
            List<Origin> origins, Map<String, Parameter> parameters, WeightBuilder builder) {
        long bytes = 0;
        for (Origin origin : origins) {
            long own = builder.bytes(origin.role(), parameters.get(origin.parameter()).getShape());
            bytes += origin.role() == Role.EXPERTS ? 2 * own : own;
        }
        return bytes;
    }
}
