package io.github.lapidary.generation;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A generation that runs as its tokens are asked for.
 *
 * <p>It ends where the options say, or when it is closed; closing frees its memory at once, and so
 * does an exception, of a listener for example. The memory of a turn of a {@link Conversation}
 * stays with that. Each call runs on the thread that makes it. One thread reads a stream; any may
 * close it.
 *
 * <p>It keeps its tokens for the result. A text that goes on without end is given by options that
 * do not ({@link GenerationOptions#keepTokens}): each token is then handed out once and forgotten.
 */
public final class TokenStream implements Iterator<GeneratedToken>, AutoCloseable {

    private final Generator generator;
    private final Sequence sequence;
    private final StateOwner owner;
    private int delivered;
    private volatile boolean closed; // writing it, and all below, needs this object's lock
    private boolean stepping;
    private boolean over;

    TokenStream(Generator generator, Sequence sequence, StateOwner owner) {
        this.generator = generator;
        this.sequence = sequence;
        this.owner = owner;
    }

    /** Runs the model until there is a further token, or the generation ends. */
    @Override
    public boolean hasNext() {
        while (delivered == sequence.written() && !sequence.isFinished() && !closed) {
            step();
        }
        return delivered < sequence.written();
    }

    @Override
    public GeneratedToken next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The generation has ended.");
        }
        return sequence.token(delivered++);
    }

    /**
     * Runs to the end and returns the result. If the options do not keep tokens, those that were
     * not handed out before are lost.
     *
     * @throws IllegalStateException if the stream was closed before the end
     */
    public GenerationResult result() {
        while (!sequence.isFinished()) {
            if (closed) {
                throw new IllegalStateException("The stream was closed before its end.");
            }
            passOver();
            step();
        }
        return sequence.result();
    }

    /** Gives up what the sequence forgets with its next step. */
    private void passOver() {
        if (!sequence.keeps()) {
            delivered = sequence.written();
        }
    }

    private void step() {
        if (!beginStep()) {
            return;
        }
        boolean done = false;
        try {
            generator.step(sequence, owner);
            done = true;
        } finally {
            endStep(done);
        }
    }

    /** Returns whether a step may run: none does once the stream is closed. */
    private synchronized boolean beginStep() {
        if (stepping) {
            throw new IllegalStateException(
                    "The stream is being read, by another thread or below its own listener.");
        }
        stepping = !closed;
        return stepping;
    }

    private synchronized void endStep(boolean done) {
        stepping = false;
        closed |= !done;
        if (closed || sequence.isFinished()) {
            end(!done);
        }
    }

    private void end(boolean failed) {
        if (!over) {
            over = true;
            owner.takeBack(sequence, failed);
        }
    }

    /** Ends the generation; one that is being read by another thread, after its step. */
    @Override
    public synchronized void close() {
        closed = true;
        if (!stepping) {
            end(false);
        }
    }
}
