package io.github.lapidary.checkpoint;

/** The parts of a model between which its parameters are divided. */
public enum Part {
    /** The rows of ids, which are the output matrix too. */
    EMBEDDING,
    /** The products of attention. */
    ATTENTION,
    /** The recurrent mixers: their products, convolutions and gates. */
    RECURRENCE,
    /** The products of the feed-forward. */
    FEED_FORWARD,
    /** The factors of norms. */
    NORM
}
