package io.github.lapidary.checkpoint;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.checkpoint.TensorNames.Origin;
import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many numbers a model has and what a token costs, found from its configuration alone.
 *
 * <p>Of a layer's E experts a token takes two, of all else the whole. So the activated parameters
 * are the total without (E - 2) / E of the experts.
 *
 * @param config the model's configuration
 * @param parameters how many numbers each part of the model has
 * @param activatedParameters how many numbers a token takes
 * @param multiplied those of them by which a token's row is multiplied: the elements of matrices
 */
public record ModelSize(
        ModelConfig config, Map<Part, Long> parameters, long activatedParameters, long multiplied) {

    /** Experts that a token takes. */
    private static final long CHOSEN = 2;

    /** Makes the map immutable. */
    public ModelSize {
        EnumMap<Part, Long> parts = new EnumMap<>(Part.class);
        parts.putAll(parameters);
        parameters = Collections.unmodifiableMap(parts);
    }

    /** Measures a model without making its arrays. */
    public static ModelSize of(ModelConfig config) {
        return of(Models.of(config));
    }

    /** Measures a model, with or without arrays. */
    public static ModelSize of(CausalLanguageModel model) {
        Map<String, Parameter> own = model.parametersByPath();
        Map<Part, Long> parameters = new EnumMap<>(Part.class);
        long activated = 0;
        long multiplied = 0;
        for (Origin origin :
                TensorNames.origins(model.config(), own.keySet(), Style.HUGGING_FACE, 0)) {
            Shape shape = own.get(origin.parameter()).getShape();
            long elements = shape.size();
            parameters.merge(origin.part(), elements, Math::addExact);
            if (origin.role() == Role.EXPERTS) {
                elements = elements / shape.get(0) * CHOSEN;
            }
            activated = Math.addExact(activated, elements);
            if (origin.role().isMultiplied()) {
                multiplied = Math.addExact(multiplied, elements);
            }
        }
        return new ModelSize(model.config(), parameters, activated, multiplied);
    }

    /** Returns the number of all parameters. */
    public long totalParameters() {
        return parameters.values().stream().reduce(0L, Math::addExact);
    }

    /** Returns the number of parameters but for the embedding. */
    public long nonEmbeddingParameters() {
        return totalParameters() - parameters.getOrDefault(Part.EMBEDDING, 0L);
    }

    /**
     * Returns the floating-point operations of a token, to its logits: {@code 2 · multiplied + Σ 4
     * · numAttentionHeads · headDim · keys}, summed over the layers with attention.
     *
     * <p>Each element of a matrix is one multiplication and one addition; the embedding counts
     * once, as the output matrix, since its rows are only looked up. Of each key that a layer sees,
     * all tokens so far or its window, a head makes a score, and adds the value to the others: 2 ·
     * headDim operations each. What is done element by element is left out: norms, activations,
     * rotations, softmax, convolutions and recurrences.
     *
     * @param tokens the tokens so far, this one among them
     */
    public long flops(int tokens) {
        long keys = 0;
        for (LayerKind kind : config.layerKinds()) {
            keys +=
                    switch (kind) {
                        case FULL_ATTENTION -> tokens;
                        case SLIDING_ATTENTION ->
                                Math.min(tokens, config.slidingWindow().orElse(tokens));
                        case RECURRENT -> 0;
                    };
        }
        long perKey = 4L * config.numAttentionHeads() * config.headDim();
        return Math.addExact(2 * multiplied, Math.multiplyExact(perKey, keys));
    }
}
