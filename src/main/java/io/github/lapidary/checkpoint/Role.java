package io.github.lapidary.checkpoint;

import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.kernel.format.WeightFormat;

/** What a parameter is for, which decides the formats that it may be held in. */
enum Role {
    /** The rows of ids, and the output matrix. */
    EMBEDDING,
    /** A matrix that rows are multiplied with. */
    LINEAR,
    /** Matrices that the blocks of rows are multiplied with. */
    BLOCK_DIAGONAL,
    /** The matrices of a layer's experts, one below another: a token is multiplied with two. */
    EXPERTS,
    /** The matrix that chooses a token's experts; always float32. */
    EXPERT_GATE,
    /** What is added to a product. */
    BIAS,
    /** What is added to the scores of attention by distance; always float32. */
    POSITION_BIAS,
    /** The taps and decays of a recurrence; always float32. */
    RECURRENCE,
    /** The distances of a norm's factors from one; always float32. GGUF stores the factors. */
    NORM,
    /** Factors of a norm; always float32. */
    FACTOR;

    /** Returns the format of such a parameter in a model of a format. */
    WeightFormat heldIn(WeightFormat format) {
        return switch (this) {
            case EXPERT_GATE, POSITION_BIAS, RECURRENCE, NORM, FACTOR -> WeightFormat.FLOAT32;
            case EMBEDDING, LINEAR, BLOCK_DIAGONAL, EXPERTS, BIAS -> format;
        };
    }

    /** Returns what is added to such a parameter in files of a style. */
    float added(Style style) {
        return this == NORM && style == Style.GGUF ? 1 : 0;
    }

    /** Returns whether rows are multiplied with such a parameter, each element being used once. */
    boolean isMultiplied() {
        return switch (this) {
            case EMBEDDING, LINEAR, BLOCK_DIAGONAL, EXPERTS, EXPERT_GATE -> true;
            case BIAS, POSITION_BIAS, RECURRENCE, NORM, FACTOR -> false;
        };
    }
}
