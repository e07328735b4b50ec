package io.github.lapidary.nn;

import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a kernel raises where a gate gives no number. It knows the row that experts were given;
 * which token that was, only the pass does.
 */
final class GateFault {

    // The sign of what is no number, or infinite, tells nothing.
    private static final Pattern RAISED =
            Pattern.compile("The gate of layer (\\d+) gives -?(\\S+) for row (\\d+)\\.");

    private GateFault() {}

    /** Names the token that the experts of a layer were given as a row. */
    @FunctionalInterface
    interface Names {
        String of(int layer, long row);
    }

    /**
     * Runs a call.
     *
     * @throws ArithmeticException if a gate gives no number, naming layer and token
     */
    static <T> T named(Supplier<T> call, Names names) {
        try {
            return call.get();
        } catch (ArithmeticException e) {
            Matcher raised = RAISED.matcher(String.valueOf(e.getMessage()));
            if (!raised.matches()) {
                throw e;
            }
            int layer = Integer.parseInt(raised.group(1));
            ArithmeticException named =
                    new ArithmeticException(
                            "The gate of layer %d gives %s for %s: its weight or the token is not finite."
                                    .formatted(
                                            layer,
                                            raised.group(2),
                                            names.of(layer, Long.parseLong(raised.group(3)))));
            named.initCause(e);
            throw named;
        }
    }
}
