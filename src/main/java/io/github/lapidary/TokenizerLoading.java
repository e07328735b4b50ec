package io.github.lapidary;

import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A tokenizer that loads on a thread of its own, while another loads the weights: both take about a
 * second.
 */
final class TokenizerLoading implements AutoCloseable {

    private final FutureTask<Tokenizer> task;
    private boolean taken;

    private TokenizerLoading(FutureTask<Tokenizer> task) {
        this.task = task;
    }

    /**
     * Begins; closing frees the tokenizer unless it was taken.
     *
     * @throws IOException if there is no tokenizer: no weights need to be loaded to know
     */
    static TokenizerLoading start(Checkpoint checkpoint) throws IOException {
        if (checkpoint.metadata().isPresent()) {
            VocabularyTokenizer.checkPresent(checkpoint.metadata().get(), checkpoint.path());
        } else {
            TokenizerJson.checkPresent(checkpoint.path());
        }
        FutureTask<Tokenizer> task = new FutureTask<>(() -> LanguageModel.tokenizer(checkpoint));
        Thread thread = new Thread(task, "tokenizer-loading");
        thread.setDaemon(true);
        thread.start();
        return new TokenizerLoading(task);
    }

    /**
     * Waits for the tokenizer, which is then the caller's.
     *
     * @throws IOException if it cannot be loaded, or this thread is interrupted
     */
    Tokenizer take() throws IOException {
        try {
            Tokenizer tokenizer = task.get();
            taken = true;
            return tokenizer;
        } catch (ExecutionException e) {
            throw asThrownHere(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while a tokenizer was loading.");
        }
    }

    private static IOException asThrownHere(Throwable cause) {
        if (cause instanceof RuntimeException e) {
            throw e;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        return (IOException) cause;
    }

    /** Frees a tokenizer that nobody took; waits for it, so that no file is left open. */
    @Override
    public void close() {
        boolean interrupted = false;
        while (!taken) {
            try {
                task.get().close();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                break; // there is nothing to free
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
