package io.github.lapidary.translate;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.TranslatorContext;
import io.github.lapidary.generation.TokenStream;
import java.util.List;
import java.util.stream.Stream;

/** Starts generations that run as their tokens are asked for. */
final class StreamTranslator<I> implements StreamingTranslator<I, TokenStream> {

    private final Prompts.Reader<I> reader;

    StreamTranslator(Prompts.Reader<I> reader) {
        this.reader = reader;
    }

    @Override
    public Batchifier getBatchifier() {
        return null;
    }

    @Override
    public void prepare(TranslatorContext context) {
        Prediction.checkDevice(context);
    }

    /** Returns no arrays, so that DJL does not call the block, or in vain. */
    @Override
    public NDList processInput(TranslatorContext context, I input) throws TranslateException {
        Prediction.begin(context, reader, List.of(input));
        return new NDList();
    }

    @Override
    public TokenStream processOutput(TranslatorContext context, NDList list)
            throws TranslateException {
        return stream(Prediction.of(context));
    }

    private static TokenStream stream(Prediction prediction) throws TranslateException {
        try {
            return prediction.block().model().stream(prediction.requests().get(0));
        } catch (RuntimeException e) {
            throw Prediction.failure(e);
        }
    }

    @Override
    public StreamOutput<TokenStream> processStreamOutput(
            TranslatorContext context, Stream<NDList> list) {
        Prediction prediction = Prediction.of(context);
        list.close(); // closes the context, which would outlive a stream that is forgotten
        return new PulledOutput<>(
                () -> prediction.block().model().stream(prediction.requests().get(0)));
    }

    @Override
    public Support getSupport() {
        return Support.ITERATIVE;
    }
}
