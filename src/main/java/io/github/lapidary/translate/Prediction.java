package io.github.lapidary.translate;

import ai.djl.Device;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.text.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * One call of a predictor: its inputs, kept in the call's context between the translator's methods,
 * since no arrays go to the block.
 *
 * @param block the predictor's
 * @param requests one for each input
 */
record Prediction(GenerativeBlock block, List<GenerationRequest> requests) {

    /** How many texts are generated together at most; each needs memory for what it remembers. */
    private static final int MOST_TOGETHER = 32;

    private static final String KEY = Prediction.class.getName();

    /** Fails for a predictor on another device than its model's. */
    static void checkDevice(TranslatorContext context) {
        Device own = context.getModel().getNDManager().getDevice();
        Device asked = context.getPredictorManager().getDevice();
        if (!own.equals(asked)) {
            throw new IllegalArgumentException(
                    "The model is on " + own + "; a predictor cannot run it on " + asked + ".");
        }
    }

    /** Reads the inputs of a call. */
    static <I> Prediction begin(TranslatorContext context, Prompts.Reader<I> reader, List<I> inputs)
            throws TranslateException {
        try {
            GenerativeBlock block = GenerativeBlock.of(context.getBlock());
            List<GenerationRequest> requests = new ArrayList<>();
            for (I input : inputs) {
                GenerationRequest request = reader.read(block.model(), input);
                block.model().check(request);
                requests.add(request);
            }
            Prediction prediction = new Prediction(block, requests);
            context.setAttachment(KEY, prediction);
            return prediction;
        } catch (TemplateException | RuntimeException e) {
            throw failure(e);
        }
    }

    /** Returns what {@link #begin} has read. */
    static Prediction of(TranslatorContext context) {
        return (Prediction) context.getAttachment(KEY);
    }

    /** Generates for all inputs when their turn has come; an interrupt ends it. */
    List<GenerationResult> run() throws TranslateException {
        List<CompletableFuture<List<GenerationResult>>> groups = new ArrayList<>();
        List<GenerationResult> results = new ArrayList<>();
        try {
            for (int i = 0; i < requests.size(); i += MOST_TOGETHER) {
                int end = Math.min(requests.size(), i + MOST_TOGETHER);
                groups.add(block.scheduler().submit(requests.subList(i, end), Integer.MAX_VALUE));
            }
            for (CompletableFuture<List<GenerationResult>> group : groups) {
                results.addAll(group.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TranslateException("The prediction was interrupted.", e);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } catch (RuntimeException e) {
            throw failure(e);
        } finally {
            requests.forEach(request -> request.cancellation().cancel()); // what nobody waits for
        }
    }

    /** Returns a failure as DJL's exception, with the same message. */
    static TranslateException failure(Throwable failure) {
        return failure instanceof TranslateException same
                ? same
                : new TranslateException(failure.getMessage(), failure);
    }
}
