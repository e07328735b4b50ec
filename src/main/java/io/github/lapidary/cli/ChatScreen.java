package io.github.lapidary.cli;

import io.github.lapidary.generation.GenerationResult;

/** Where a chat shows itself; if that fails, it is an {@link java.io.UncheckedIOException}. */
interface ChatScreen {

    /** Shows a piece of a reply at once. */
    void write(String piece);

    /** Ends a reply. */
    void end(GenerationResult reply);

    /** Shows what is no reply: one line or several. */
    void tell(String message);
}
