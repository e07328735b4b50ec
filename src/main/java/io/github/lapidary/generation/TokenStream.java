package io.github.lapidary.generation;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A generation that runs as its tokens are asked for.
 *
 * <p>It ends where the options say, or when it is closed; closing frees its memory at once. Each
 * call runs on the thread that makes it.
 */
public final class TokenStream implements Iterator<GeneratedToken>, AutoCloseable {

    private final Generator generator;
    private final Sequence sequence;
    private int delivered;

    TokenStream(Generator generator, Sequence sequence) {
        this.generator = generator;
        this.sequence = sequence;
    }

    /** Runs the model until there is a further token, or the generation ends. */
    @Override
    public boolean hasNext() {
        while (delivered == sequence.tokens().size() && !sequence.isFinished()) {
            generator.step(List.of(sequence));
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

    /** Runs to the end and returns the result. */
    public GenerationResult result() {
        while (!sequence.isFinished()) {
            generator.step(List.of(sequence));
        }
        return sequence.result();
    }

    @Override
    public void close() {
        sequence.close();
    }
}
