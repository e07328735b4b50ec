package io.github.lapidary.translate;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslatorContext;
import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.kernel.ModelClosedException;
import io.github.lapidary.scheduling.QueueFullException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests that DJL Serving passes on: prompts in LMI's form, messages in OpenAI's.
 *
 * <p>Whatever is wrong becomes an answer with a code and JSON, for an exception would fail the
 * other requests of a batch. Answers fill after the call has returned.
 */
final class ServingHandler implements StreamingTranslator<Input, Output> {

    private static final Logger LOGGER = LoggerFactory.getLogger(ServingHandler.class);
    private static final String KEY = ServingHandler.class.getName();

    private final ServingLimits limits;

    ServingHandler(ServingLimits limits) {
        this.limits = limits;
    }

    @Override
    public Batchifier getBatchifier() {
        return null;
    }

    @Override
    public void prepare(TranslatorContext context) {
        Prediction.checkDevice(context);
    }

    /** Returns no arrays, so that DJL does not call the block. */
    @Override
    public NDList processInput(TranslatorContext context, Input input) {
        context.setAttachment(KEY, input);
        return new NDList();
    }

    @Override
    public Output processOutput(TranslatorContext context, NDList list) {
        GenerativeBlock block = GenerativeBlock.of(context.getBlock());
        Input input = (Input) context.getAttachment(KEY);
        return answer(
                input,
                block.model(),
                (request, isChat) ->
                        new ChunkedAnswer(input, request, isChat)
                                .submit(block.scheduler(), limits.queue()));
    }

    /** What is done with a request that can be answered. */
    @FunctionalInterface
    private interface Task {
        Output run(ServedRequest request, boolean isChat) throws RequestException;
    }

    private Output answer(Input input, LanguageModel model, Task task) {
        boolean isChat = false;
        try {
            JsonObject body = RequestBody.read(input, limits.maxBodyBytes());
            isChat = body.has("messages") && !body.get("messages").isJsonNull();
            ServedRequest request =
                    isChat
                            ? new ChatRequests(model, limits).read(body)
                            : new PromptRequests(model, limits).read(body);
            check(model, request);
            return task.run(request, isChat);
        } catch (RequestException e) {
            return ErrorBody.output(isChat, e.status(), e.getMessage());
        } catch (QueueFullException e) {
            return ErrorBody.output(isChat, Status.TOO_MANY, e.getMessage());
        } catch (ModelClosedException e) {
            return ErrorBody.output(isChat, Status.CLOSED, e.getMessage());
        } catch (RuntimeException e) {
            LOGGER.error("A request failed.", e);
            return ErrorBody.output(isChat, Status.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private static void check(LanguageModel model, ServedRequest request) throws RequestException {
        for (int[] prompt : request.prompts()) {
            try {
                model.check(new GenerationRequest(prompt, request.options()));
            } catch (IllegalArgumentException e) {
                throw RequestException.badRequest(e.getMessage());
            }
        }
    }

    /** Answers as a stream whether or not the request asks for one; a refusal is whole. */
    @Override
    public StreamOutput<Output> processStreamOutput(
            TranslatorContext context, Stream<NDList> list) {
        GenerativeBlock block = GenerativeBlock.of(context.getBlock());
        Input input = (Input) context.getAttachment(KEY);
        list.close(); // closes the context, which would outlive a stream that is forgotten
        return new PulledOutput<>(
                () ->
                        answer(
                                input,
                                block.model(),
                                (request, isChat) -> {
                                    checkSingle(request);
                                    Wire wire = Wire.of(input, isChat);
                                    return PulledAnswer.output(block.model(), request, wire);
                                }));
    }

    private static void checkSingle(ServedRequest request) throws RequestException {
        int count = request.prompts().size();
        if (count > 1) {
            throw RequestException.badRequest(
                    "inputs: expected one prompt for a stream, found %d.".formatted(count));
        }
    }

    @Override
    public Support getSupport() {
        return Support.ITERATIVE;
    }
}
