package io.github.lapidary.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import io.github.lapidary.generation.GenerationResult;
import java.util.List;
import java.util.function.Function;

/** Generates whole texts, several at once for a batch of inputs. */
final class GenerationTranslator<I, O> implements Translator<I, O> {

    private final Prompts.Reader<I> reader;
    private final Function<GenerationResult, O> writer;

    GenerationTranslator(Prompts.Reader<I> reader, Function<GenerationResult, O> writer) {
        this.reader = reader;
        this.writer = writer;
    }

    /** With none, DJL would predict one input after another; there is nothing to stack. */
    @Override
    public Batchifier getBatchifier() {
        return Batchifier.STACK;
    }

    @Override
    public void prepare(TranslatorContext context) {
        Prediction.checkDevice(context);
    }

    /** Returns no arrays, so that DJL does not call the block. */
    @Override
    public NDList batchProcessInput(TranslatorContext context, List<I> inputs)
            throws TranslateException {
        Prediction.begin(context, reader, inputs);
        return new NDList();
    }

    @Override
    public List<O> batchProcessOutput(TranslatorContext context, NDList list)
            throws TranslateException {
        return Prediction.of(context).run().stream().map(writer).toList();
    }

    @Override
    public NDList processInput(TranslatorContext context, I input) throws TranslateException {
        return batchProcessInput(context, List.of(input));
    }

    @Override
    public O processOutput(TranslatorContext context, NDList list) throws TranslateException {
        return batchProcessOutput(context, list).get(0);
    }
}
