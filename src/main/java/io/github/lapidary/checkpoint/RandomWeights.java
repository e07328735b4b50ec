package io.github.lapidary.checkpoint;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.ModelConfig;
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
                WeightBuilder builder = new WeightBuilder(tensors, format, manager.getDevice())) {
            for (Origin origin :
                    TensorNames.origins(config, parameters.keySet(), Style.HUGGING_FACE)) {
                Parameter parameter = parameters.get(origin.parameter());
                Shape shape = parameter.getShape();
                FloatSource source = new RandomSource(seed, origin.parameter());
                if (origin.role() == Role.FACTOR) {
                    source = source.plus(1);
                }
                KernelParameters.replace(
                        parameter,
                        builder.fromNumbers(
                                origin.role(), shape, List.of(source), new long[] {shape.size()}));
            }
            builder.packBeside(model.embedding(), format);
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
}
