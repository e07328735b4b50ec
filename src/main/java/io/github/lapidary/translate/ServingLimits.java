package io.github.lapidary.translate;

/**
 * What a server does not exceed, whatever it is asked; arguments of the same names set it.
 *
 * @param queue how many requests may wait for their turn
 * @param maxNewTokens how many tokens a request may ask for
 * @param maxSeconds how long a generation may take, from its turn on
 * @param maxPrompts how many prompts a request may have
 * @param maxBodyBytes how long a request's body may be
 */
record ServingLimits(
        int queue, int maxNewTokens, int maxSeconds, int maxPrompts, int maxBodyBytes) {

    /** Stop strings are compared at each token. */
    static final int MOST_STOP_STRINGS = 16;

    static final int LONGEST_STOP_STRING = 256;

    /**
     * Reads the limits.
     *
     * @throws IllegalArgumentException if one is not such a number
     */
    static ServingLimits of(Arguments arguments) {
        return new ServingLimits(
                arguments.count("queue", 0).orElse(64),
                arguments.count("maxNewTokens", 1).orElse(4096),
                arguments.count("maxSeconds", 1).orElse(600),
                arguments.count("maxPrompts", 1).orElse(32),
                arguments.count("maxBodyBytes", 1).orElse(4 << 20));
    }
}
