package io.github.lapidary.translate;

import ai.djl.inference.streaming.ChunkedBytesSupplier;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import com.google.gson.JsonObject;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationListener;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.scheduling.Scheduler;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An answer that fills while the server sends it, so that no thread of the server waits for it.
 *
 * <p>The server reads code and headers with the first chunk: until then a failure can set them.
 */
final class ChunkedAnswer implements GenerationListener {

    private static final Logger LOGGER = LoggerFactory.getLogger(ChunkedAnswer.class);

    private final Input input;
    private final ServedRequest request;
    private final Wire wire;
    private final Output output = new Output();
    private final ChunkedBytesSupplier chunks = new ChunkedBytesSupplier();
    private final Cancellation cancellation = new Cancellation();
    private final boolean isChat;
    private boolean begun;

    ChunkedAnswer(Input input, ServedRequest request, boolean isChat) {
        this.input = input;
        this.request = request;
        this.isChat = isChat;
        wire = Wire.of(input, isChat);
        if (request.streams()) {
            wire.describe(output);
        } else {
            output.addProperty("Content-Type", "application/json");
        }
        output.add(chunks);
    }

    /** Returns the generations to run, which this listens to. */
    List<GenerationRequest> generations() {
        return request.prompts().stream()
                .map(ids -> new GenerationRequest(ids, request.options(), this, cancellation))
                .toList();
    }

    /**
     * Takes its place in the queue, and returns what will be filled.
     *
     * @throws io.github.lapidary.scheduling.QueueFullException if there is none
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the last step tells the client all
    Output submit(Scheduler scheduler, int mostWaiting) {
        scheduler.submit(generations(), mostWaiting).whenComplete(this::finish);
        return output;
    }

    @Override
    public void onPrefill(int tokensRead, int promptTokens) {
        stopIfGone();
    }

    @Override
    public void onToken(GeneratedToken token) {
        stopIfGone();
        if (request.streams()) {
            List<JsonObject> parts = request.form().token(token);
            if (!parts.isEmpty()) {
                send(wire.bytes(parts), false);
            }
        }
    }

    /** Only until the first chunk does the server tell that a client has left. */
    private void stopIfGone() {
        if (input.isCancelled()) {
            cancellation.cancel();
        }
    }

    private void send(byte[] bytes, boolean isLast) {
        begun = true;
        chunks.appendContent(bytes, isLast);
    }

    private void finish(List<GenerationResult> results, Throwable failure) {
        if (failure != null) {
            fail(failure);
            return;
        }
        try {
            send(lastBytes(results), true);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private byte[] lastBytes(List<GenerationResult> results) {
        return request.streams()
                ? wire.lastBytes(request.form().end(results.get(0)), request.form())
                : Json.bytes(request.form().whole(results));
    }

    private void fail(Throwable failure) {
        Status status = Status.FAILED;
        if (failure instanceof ModelClosedException) {
            status = Status.CLOSED;
        } else {
            LOGGER.error("A generation failed.", failure);
        }
        String message = String.valueOf(failure.getMessage());
        if (begun) {
            List<JsonObject> last = List.of(request.form().failed(message));
            send(wire.lastBytes(last, request.form()), true);
            return;
        }
        ErrorBody.put(output, status);
        send(Json.bytes(ErrorBody.body(isChat, status, message)), true);
    }
}
