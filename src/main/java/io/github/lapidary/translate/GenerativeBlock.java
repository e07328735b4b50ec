package io.github.lapidary.translate;

import ai.djl.inference.streaming.StreamingBlock;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.scheduling.Scheduler;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A language model as the root block of a DJL model.
 *
 * <p>As a block it takes ids to logits, like the {@link
 * io.github.lapidary.model.CausalLanguageModel} in it; as a streaming block it takes the ids of one
 * text, [T] or [1, T] (int64), to those that follow, one by one ([1], int64). {@link #model()} is
 * the library's own interface to all the rest. It closes with the DJL model.
 */
public final class GenerativeBlock extends AbstractBlock implements StreamingBlock {

    /**
     * The parameter of {@link #forwardStream(ParameterStore, NDList, boolean, PairList)} that holds
     * {@link GenerationOptions}.
     */
    public static final String OPTIONS = "options";

    private static final byte VERSION = 1;

    private final LanguageModel model;
    private final Scheduler scheduler;

    GenerativeBlock(LanguageModel model, Scheduler scheduler) {
        super(VERSION);
        this.model = model;
        this.scheduler = scheduler;
        addChildBlock("model", model.block());
        beforeInitialize(new Shape(1, 1));
    }

    /**
     * Returns a block as what it must be.
     *
     * @throws IllegalArgumentException if it is another
     */
    static GenerativeBlock of(Block block) {
        if (block instanceof GenerativeBlock generative) {
            return generative;
        }
        throw new IllegalArgumentException(
                "The model's block must be a GenerativeBlock, as lapidary: URLs and"
                        + " GenerativeBlockFactory make; found "
                        + (block == null ? "none" : block.getClass().getName())
                        + ".");
    }

    /** Returns the model, which closes with the DJL model. */
    public LanguageModel model() {
        return model;
    }

    /** Returns what gives generations their turn. */
    Scheduler scheduler() {
        return scheduler;
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        model.block().initialize(manager, dataType, inputShapes);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return model.block().forward(parameterStore, inputs, training, params);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList data,
            NDList labels,
            PairList<String, Object> params) {
        return model.block().forward(parameterStore, data, labels, params);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return model.block().getOutputShapes(inputShapes);
    }

    /**
     * Starts a generation that runs as its tokens are asked for; close the stream.
     *
     * @param inputs the ids of the text; for an empty list the stream is empty
     * @param params {@link #OPTIONS} or nothing
     * @return lists of one id each, in the manager of the inputs
     * @throws IllegalArgumentException if the ids are not such, or the model does not take them
     */
    @Override
    public Stream<NDList> forwardStream(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        if (inputs.isEmpty()) {
            return Stream.empty();
        }
        TokenArrays tokens = tokens(inputs, training, params);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(
                                tokens, Spliterator.ORDERED | Spliterator.NONNULL),
                        false)
                .onClose(tokens::close);
    }

    /**
     * Starts a generation as {@link #forwardStream} does; the iterator is {@code AutoCloseable}.
     */
    @Override
    public Iterator<NDList> forwardStreamIter(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return inputs.isEmpty() ? Collections.emptyIterator() : tokens(inputs, training, params);
    }

    private TokenArrays tokens(NDList inputs, boolean training, PairList<String, Object> params) {
        if (training) {
            throw new IllegalArgumentException("A generation is no training.");
        }
        NDArray ids = inputs.singletonOrThrow();
        Shape shape = ids.getShape();
        if (shape.dimension() == 0 || shape.get(shape.dimension() - 1) != shape.size()) {
            throw new IllegalArgumentException(
                    "A text is an array of ids [T] or [1, T], not " + shape + ".");
        }
        int[] prompt = Arrays.stream(ids.toLongArray()).mapToInt(Math::toIntExact).toArray();
        return new TokenArrays(
                model.stream(new GenerationRequest(prompt, options(params))), ids.getManager());
    }

    private static GenerationOptions options(PairList<String, Object> params) {
        Object options = params == null ? null : params.get(OPTIONS);
        return options == null ? GenerationOptions.defaults() : (GenerationOptions) options;
    }
}
