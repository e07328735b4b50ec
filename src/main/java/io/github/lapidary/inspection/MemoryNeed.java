package io.github.lapidary.inspection;

import io.github.lapidary.checkpoint.TensorFit;
import io.github.lapidary.checkpoint.TensorFit.Fitted;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The memory that a model takes when it computes in a format, beside what passes within a step.
 *
 * @param format the format
 * @param weights the bytes of all parameters
 * @param states the bytes of the state of one sequence, by its length in tokens; the last is the
 *     longest context, or where nothing limits it 131,072
 */
public record MemoryNeed(WeightFormat format, long weights, SortedMap<Integer, Long> states) {

    private static final int SHORTEST = 512;

    /** The last length of an unlimited context; its state has stopped growing long before. */
    private static final int UNLIMITED_SHOWN = 131_072;

    /** Makes the map immutable. */
    public MemoryNeed {
        states = Collections.unmodifiableSortedMap(new TreeMap<>(states));
    }

    /** Returns the needs in every format; the model keeps its own. */
    static List<MemoryNeed> of(CausalLanguageModel model, TensorFit fit) {
        WeightFormat own = model.format();
        List<MemoryNeed> needs = new ArrayList<>();
        for (WeightFormat format : WeightFormat.values()) {
            model.setFormat(format);
            long weights = 0;
            for (Fitted parameter : fit.parameters()) {
                weights = Math.addExact(weights, parameter.bytes(format));
            }
            SortedMap<Integer, Long> states = new TreeMap<>();
            int context = model.config().maxPositionEmbeddings();
            int longest = context == ModelConfig.UNLIMITED ? UNLIMITED_SHOWN : context;
            for (int tokens = SHORTEST; tokens < longest; tokens *= 4) {
                states.put(tokens, model.stateBytes(tokens));
            }
            states.put(longest, model.stateBytes(longest));
            needs.add(new MemoryNeed(format, weights, states));
        }
        model.setFormat(own);
        return List.copyOf(needs);
    }
}
