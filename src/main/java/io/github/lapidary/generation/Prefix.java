package io.github.lapidary.generation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * A text that a model has read once, for any number of generations that begin with it.
 *
 * <p>Each generation goes on from a copy of what the model remembers, bit for bit as from the text
 * just read. (A prompt that is read at once may be split into other passes, whose sums may round
 * otherwise.) The text can be saved, and restored in another process that has the same model.
 *
 * <p>It may be used from many threads. Close it to free its memory, which generations that still
 * run do not need; closing the model does so too.
 *
 * <pre>{@code
 * try (Prefix handbook = model.read(Files.readString(Path.of("handbook.txt")))) {
 *     handbook.save(Path.of("handbook.state"));
 * }
 * // In another process:
 * try (Prefix handbook = model.restore(Path.of("handbook.state"))) {
 *     System.out.println(handbook.generate("\n\nIn one word, this is about"));
 * }
 * }</pre>
 */
public final class Prefix implements AutoCloseable {

    private final Generator generator;
    private final ReusedState state;
    private boolean closed;

    Prefix(Generator generator, ReusedState state) {
        this.generator = generator;
        this.state = state;
    }

    /** Returns the tokens of the text. */
    public int[] ids() {
        synchronized (state) {
            checkOpen();
            return state.read();
        }
    }

    /** Continues the text, and a further one after it, with the likeliest tokens. */
    public String generate(String text) {
        return generate(text, GenerationOptions.defaults()).text();
    }

    /**
     * Continues the text, and a further one after it.
     *
     * @param text is split into tokens by itself; these follow those of the text that was read
     * @throws ContextLengthException if both together are longer than the context
     * @throws IllegalStateException if this or the model is closed
     */
    public GenerationResult generate(String text, GenerationOptions options) {
        int[] further = generator.encodeFurther(text);
        int[] prompt = IntStream.concat(IntStream.of(ids()), IntStream.of(further)).toArray();
        try (TokenStream stream = stream(new GenerationRequest(prompt, options))) {
            return stream.result();
        }
    }

    /**
     * Starts a generation that runs as its tokens are asked for; close the stream.
     *
     * @param request whose prompt is whole; as far as it begins with the tokens of this text, they
     *     are not read again
     * @throws ContextLengthException if the prompt is longer than the context
     * @throws IllegalArgumentException if the prompt is empty, or names a token outside the
     *     vocabulary
     * @throws IllegalStateException if this or the model is closed
     */
    public TokenStream stream(GenerationRequest request) {
        ReusedState copy;
        synchronized (state) {
            checkOpen();
            copy = state.fork(request.prompt());
        }
        try {
            return generator.stream(request, copy);
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    /**
     * Saves what the model remembers of the text, in place of what the file held; the file never
     * holds a part of it.
     *
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalStateException if this or the model is closed
     */
    public void save(Path file) throws IOException {
        synchronized (state) {
            checkOpen();
            generator.saveState(state.snapshot(""), file);
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("What the model has read was closed.");
        }
    }

    @Override
    public void close() {
        synchronized (state) {
            closed = true;
            state.close();
        }
    }
}
