package io.github.lapidary.data;

import io.github.lapidary.file.ProgressListener;

/**
 * How texts become a token file.
 *
 * @param addBos whether each document begins with the beginning-of-sequence token
 * @param addEos whether each document ends with the end-of-sequence token {@code <eos>}
 * @param threads how many threads encode, at least 1
 * @param replace whether a file with the target's name is replaced, when all is done
 * @param listener hears the progress in bytes of the text files
 */
public record TokenizationOptions(
        boolean addBos, boolean addEos, int threads, boolean replace, ProgressListener listener) {

    /**
     * Checks the number of threads.
     *
     * @throws IllegalArgumentException if there is none
     */
    public TokenizationOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("At least 1 thread is needed, not " + threads + ".");
        }
    }

    /** Returns: both tokens, a thread for each processor, nothing replaced, nobody listening. */
    public static TokenizationOptions defaults() {
        return new TokenizationOptions(
                true,
                true,
                Runtime.getRuntime().availableProcessors(),
                false,
                ProgressListener.NONE);
    }

    /** Returns these options with or without the token that begins a document. */
    public TokenizationOptions withBos(boolean added) {
        return new TokenizationOptions(added, addEos, threads, replace, listener);
    }

    /** Returns these options with or without the token that ends a document. */
    public TokenizationOptions withEos(boolean added) {
        return new TokenizationOptions(addBos, added, threads, replace, listener);
    }

    /** Returns these options with a number of threads. */
    public TokenizationOptions withThreads(int number) {
        return new TokenizationOptions(addBos, addEos, number, replace, listener);
    }

    /** Returns these options, with an existing file replaced or not. */
    public TokenizationOptions withReplace(boolean replaced) {
        return new TokenizationOptions(addBos, addEos, threads, replaced, listener);
    }

    /** Returns these options with a listener. */
    public TokenizationOptions withListener(ProgressListener heard) {
        return new TokenizationOptions(addBos, addEos, threads, replace, heard);
    }
}
