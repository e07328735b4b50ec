package io.github.lapidary.checkpoint;

/** The parts of a model between which its parameters are divided. */
public enum Part {
    /** The rows of ids, which are the output matrix too. */
    EMBEDDING,
    /** The products of attention. */
    ATTENTION,
    /** What attention adds to its scores by distance. */
    POSITION_BIAS,
    /** The recurrent mixers: their products, convolutions and gates. */
    RECURRENCE,
    /** The products of the feed-forward. */
    FEED_FORWARD,
    /** The products of experts, of which a token takes two in each layer that has them. */
    EXPERTS,
    /** The products that choose experts. */
    EXPERT_GATE,
    /** The factors of norms. */
    NORM
}
