package io.github.lapidary.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a layer mixes tokens with; a model's layer plan is a list of these. */
public enum LayerKind {
    /** Attention over all earlier positions. */
    FULL_ATTENTION("full_attention"),
    /** Attention over the last positions of a window. */
    SLIDING_ATTENTION("sliding_attention"),
    /** A recurrence, whose state never grows. */
    RECURRENT("recurrent");

    private final String layerType;

    LayerKind(String layerType) {
        this.layerType = layerType;
    }

    /** Returns the name in {@code layer_types} or {@code block_types} of config.json. */
    public String layerType() {
        return layerType;
    }

    /** Returns the kind with this name in {@code layer_types}, empty if there is none. */
    public static Optional<LayerKind> ofLayerType(String layerType) {
        return Stream.of(values()).filter(kind -> kind.layerType.equals(layerType)).findFirst();
    }

    /** Returns a plan in which the last of every so many layers has full attention. */
    static List<LayerKind> repeating(int pattern, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(
                        layer ->
                                layer % pattern == pattern - 1 ? FULL_ATTENTION : SLIDING_ATTENTION)
                .toList();
    }
}
