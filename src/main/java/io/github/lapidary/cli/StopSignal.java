package io.github.lapidary.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jline.utils.Signals;

/**
 * Lets Ctrl-C only interrupt the thread that made it, which has then all the time to save its work.
 *
 * <p>Without it the process would begin to end, and with that close its models.
 */
final class StopSignal implements AutoCloseable {

    private static final String INTERRUPT = "INT";
    private static final String TERMINATE = "TERM";

    private final Map<String, Object> earlier = new LinkedHashMap<>();

    StopSignal() {
        Thread worker = Thread.currentThread();
        for (String name : new String[] {INTERRUPT, TERMINATE}) {
            earlier.put(name, Signals.register(name, worker::interrupt));
        }
    }

    /** Lets signals end the process again. */
    @Override
    public void close() {
        earlier.forEach(Signals::unregister);
    }
}
