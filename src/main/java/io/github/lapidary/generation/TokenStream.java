package io.github.lapidary.generation;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A generation that runs as its tokens are asked for.
 *
 * <p>It ends where the options say, or when it is closed; closing frees its memory at once, and so
 * does an exception, of a listener for example. Each call runs on the thread that makes it.
 */
public final class TokenStream implements Iterator<GeneratedToken>, AutoCloseable {

    private final Generator generator;
    private final Sequence sequence;
    private int delivered;
    private boolean closed;

    TokenStream(Generator generator, Sequence sequence) {
        this.generator = generator;
        this.sequence = sequence;
    }

    /** Runs the model until there is a further token, or the generation ends. */
    @Override
    public boolean hasNext() {
        while (delivered == sequence.tokens().size() && !sequence.isFinished() && !closed) {
            step();
        }
        return delivered < sequence.tokens().size();
    }

    @Override
    public GeneratedToken next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The generation has ended.");
        }
        return sequence.tokens().get(delivered++);
    }

    /**
     * Runs to the end and returns the result.
     *
     * @throws IllegalStateException if the stream was closed before the end
     */
    public GenerationResult result() {
        while (!sequence.isFinished()) {
            if (closed) {
                throw new IllegalStateException("The stream was closed before its end.");
            }
            step();
        }
        return sequence.result();
    }

    private void step() {
        boolean done = false;
        try {
            generator.step(List.of(sequence));
            done = true;
        } finally {
            if (!done || sequence.isFinished()) {
                sequence.close();
            }
            closed |= !done;
        }
    }

    @Override
    public void close() {
        closed = true;
        sequence.close();
    }
}
