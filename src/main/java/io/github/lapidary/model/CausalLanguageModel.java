package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.Competition.Draws;
import io.github.lapidary.nn.DecoderLayer;
import io.github.lapidary.nn.KernelBlock;
import io.github.lapidary.nn.LayerGroup;
import io.github.lapidary.nn.RmsNorm;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TokenEmbedding;
import io.github.lapidary.nn.TrainedWeights;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import io.github.lapidary.state.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A language model that predicts each token from those before it: embedding, layers, norm, and the
 * embedding again as output.
 *
 * <p>As a DJL block it takes ids [B, T] (int64), and if rows are padded on either side a mask [B,
 * T] that is 1 at tokens, to logits [B, T, V] (float32; zero at padding). Each row is a sequence of
 * its own, and padding changes nothing; nor do zeros between tokens, which count as if they were
 * not there. A row may also hold several documents: then the mask has a number of its own for each,
 * and each is a sequence of its own. For decoding, {@link #forward(Step, NDArray, Runnable)} runs a
 * ragged list of sequences that have states.
 *
 * <p>With labels [B, T] (int64), of DJL's {@code forward} or as a third input, it gives instead
 * their cross-entropy: the mean over the labelled tokens [] (float32) and their number []. The
 * label at t is what the model should foretell there, the next token, or {@link TokenLoss#IGNORED}.
 */
public final class CausalLanguageModel extends KernelBlock {

    private static final long[] ALL = {};
    private static final int FEW = 16; // rows, for which calls cost as much as arithmetic

    private static final KernelMethod SELECT =
            KernelMethod.of("tokens.select").tensor("x").tensor("rows").build();
    private static final KernelMethod SPREAD =
            KernelMethod.of("tokens.spread").tensor("x").tensor("rows").integers("size").build();

    private final ModelConfig config;
    private final TokenEmbedding embedding;
    private final List<? extends DecoderLayer> layers;
    private final List<LayerGroup> groups;
    private final int chunk;
    private final RmsNorm norm;
    private LossPass lossPass = new LossPass(this, TrainingOptions.defaults());
    private Draws draws = Draws.OF_ENGINE;

    /** Puts the parts together. */
    public CausalLanguageModel(
            ModelConfig config,
            TokenEmbedding embedding,
            List<? extends DecoderLayer> layers,
            RmsNorm norm) {
        this.config = config;
        this.embedding = addChildBlock("embed_tokens", embedding);
        this.layers = List.copyOf(layers);
        for (int i = 0; i < layers.size(); i++) {
            addChildBlock("layers." + i, layers.get(i));
        }
        this.groups = LayerGroup.of(this.layers);
        this.chunk = layers.stream().mapToInt(DecoderLayer::chunk).max().orElseThrow();
        this.norm = addChildBlock("norm", norm);
    }

    /** Returns the configuration. */
    public ModelConfig config() {
        return config;
    }

    /** Returns how many tokens of a sequence a pass takes at most. */
    public int chunk() {
        return chunk;
    }

    /** Returns the embedding, which is the output matrix too. */
    public TokenEmbedding embedding() {
        return embedding;
    }

    @Override
    protected List<KernelMethod> methods() {
        List<KernelMethod> methods =
                new ArrayList<>(
                        List.of(
                                SELECT,
                                SPREAD,
                                LogitReading.LOG_PROBABILITIES,
                                LossPass.DELIVER,
                                Fingerprint.method()));
        methods.addAll(StateFile.methods());
        groups.forEach(group -> methods.add(group.method()));
        return methods;
    }

    List<? extends DecoderLayer> layers() {
        return layers;
    }

    RmsNorm norm() {
        return norm;
    }

    /**
     * Sets how the model is trained from now on. If its weights are in another format than those
     * that are trained, they are converted now; no pass may run meanwhile.
     */
    public void setTraining(TrainingOptions options) {
        lossPass.close();
        WeightFormat wanted = options.format().weights();
        if (wanted != WeightFormat.FLOAT32 || format() != wanted) {
            TrainedWeights.convert(this, wanted); // also from packed ones of this format
        }
        lossPass = new LossPass(this, options);
    }

    /** Returns how the model is trained. */
    public TrainingOptions training() {
        return lossPass.options();
    }

    /**
     * Sets where the gates of experts draw random numbers from in training; at first from the
     * engine. For passes that can be repeated, set some of their own before each.
     */
    public void setDraws(Draws newDraws) {
        draws = newDraws;
    }

    Draws draws() {
        return draws;
    }

    /**
     * Returns how well the model foretells labels, for validation.
     *
     * @param data ids [B, T] and maybe the mask
     * @param labels [B, T]
     * @throws IllegalArgumentException if shapes or types are others, or an id is none
     */
    public TokenLoss loss(NDList data, NDArray labels) {
        return lossPass.measure(data, labels);
    }

    /**
     * Computes the loss, and adds the gradients of its sum over the tokens.
     *
     * @param sums gives an array of a parameter's shape and format, for each that is not frozen,
     *     when there is something to add to it: of later layers first
     * @throws IllegalArgumentException as of {@link #loss}, or if no token has a label
     */
    public TokenLoss addGradients(NDList data, NDArray labels, Function<Parameter, NDArray> sums) {
        return lossPass.addGradients(null, data, labels, sums, false);
    }

    NDArray deliver(NDArray loss, List<NDArray> weights, List<NDArray> gradients) {
        return weights.isEmpty()
                ? loss
                : call(LossPass.DELIVER)
                        .tensor(loss)
                        .tensors(weights)
                        .tensors(gradients)
                        .train(loss.getManager());
    }

    /** Makes an empty sequence; the caller closes it, or the manager does. */
    public DecodingState newState(NDManager manager) {
        return new DecodingState(
                manager, own -> layers.stream().map(layer -> layer.newState(own, chunk)).toList());
    }

    /**
     * Returns the bytes that the state of a sequence takes, in the format of this model.
     *
     * @param tokens the sequence's length, reached in full passes or one by one
     */
    public long stateBytes(int tokens) {
        return layers.stream().mapToLong(layer -> layer.stateBytes(chunk, tokens)).sum();
    }

    /**
     * Saves a sequence, so that it goes on in another process as it would here, bit for bit.
     *
     * <p>The file replaces one of its name when it is whole. A fingerprint in it says which model
     * wrote it: a digest of the configuration, the format and samples of all weights, which costs
     * about as much as a token.
     *
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalArgumentException if the note is no Unicode text
     */
    public void saveState(Snapshot snapshot, Path file) throws IOException {
        try (KernelModule.Lease lease = lease()) {
            stateFile().write(snapshot, file);
        }
    }

    /**
     * Restores a sequence that {@link #saveState} has saved; the caller closes it, or the manager
     * does.
     *
     * @param manager what the sequence belongs to
     * @throws io.github.lapidary.file.MalformedFileException if the file is none of this model and
     *     format, or is damaged; the message says which, and nothing is restored
     * @throws IOException if the file cannot be read
     */
    public Snapshot restoreState(Path file, NDManager manager) throws IOException {
        try (KernelModule.Lease lease = lease()) {
            return stateFile().read(file, () -> newState(manager));
        }
    }

    private StateFile stateFile() {
        return new StateFile(
                kernels(), scope -> Fingerprint.of(this, kernels(), scope), config.vocabSize());
    }

    /**
     * Runs tokens through all layers, and at the end advances their states.
     *
     * @param ids R ids (int64), sequence by sequence
     * @param beforeLayer called before each layer, or before a few that take no longer; what it
     *     throws ends the pass and leaves the states as they were
     * @return the hidden states before the final norm, [R, M] float32, in the manager of ids
     */
    public NDArray forward(Step step, NDArray ids, Runnable beforeLayer) {
        return advance(step, ids, beforeLayer);
    }

    /**
     * The same where only what follows each sequence is asked for, which spares work.
     *
     * @return the hidden states of the last token of each sequence, [n, M]
     */
    public NDArray forwardToLast(Step step, NDArray ids, Runnable beforeLayer) {
        return advance(step, ids, beforeLayer, step.lastRows());
    }

    private NDArray advance(Step step, NDArray ids, Runnable beforeLayer, long... rows) {
        NDArray x =
                step.rows() <= FEW
                        ? hiddenOfFew(step, ids, beforeLayer, rows)
                        : hidden(null, step, ids, (index, output) -> {}, beforeLayer, rows);
        step.advance();
        return x;
    }

    /**
     * Returns the logits of hidden states.
     *
     * @param x [n, M]
     * @return [n, V] float32, in the manager of x
     */
    public NDArray logits(NDArray x) {
        return head(null, x, false);
    }

    /**
     * Returns the logits of some rows of hidden states.
     *
     * @param x [R, M]
     * @param rows the rows wanted, n of them
     * @return [n, V] float32, in the manager of x
     */
    public NDArray logits(NDArray x, long... rows) {
        try (NDArray chosen = select(x, rows)) {
            return logits(chosen);
        }
    }

    /** Holds off closing this model until the lease is closed, on the thread that took it. */
    public KernelModule.Lease lease() {
        return kernels().lease();
    }

    /** Waits for calls that run, and lets later ones fail with a named error. */
    public void closeKernels() {
        kernels().close();
    }

    /**
     * Returns tokens among which the likeliest are: of each row the k with the largest logits, all
     * that equal the last of these, and maybe others. That takes less work than all logits.
     *
     * @param x hidden states [n, M]
     * @param k at least 1
     * @return one for each row, without tokens if its logits are not finite
     */
    public List<Shortlist> shortlists(NDArray x, int k) {
        try (NDArray normed = norm.forward(null, x, false);
                NDArray found = embedding.likely(normed, k)) {
            return LogitReading.shortlists(found, Math.toIntExact(x.getShape().get(0)));
        }
    }

    /**
     * Returns rows of hidden states.
     *
     * @param x [R, M]
     * @param rows those wanted, n of them
     * @return [n, M], in the manager of x
     */
    public NDArray select(NDArray x, long... rows) {
        NDManager manager = x.getManager();
        try (NDArray index = manager.create(rows)) {
            return call(SELECT).tensor(x).tensor(index).run(manager);
        }
    }

    /**
     * Returns log-probabilities of tokens, and the likeliest in their place.
     *
     * @param logits [n, V]
     * @param ids the tokens, one for each row
     * @param top k, how many of the likeliest are wanted
     * @return for each row the log-probability of its token, then those of the k likeliest, then
     *     their ids
     */
    public double[][] logProbabilities(NDArray logits, long[] ids, int top) {
        return LogitReading.logProbabilities(kernels(), logits, ids, top);
    }

    /**
     * Runs whole sequences without states and hands out what each layer makes.
     *
     * @param ids ids [R] of sequences of the lengths of the step
     * @param observer gets 0 and the embeddings, then k and the output of the k-th layer, each [R,
     *     M]; the arrays are closed after it returns
     * @return the normed hidden states [R, M]
     */
    public NDArray hiddenStates(Step step, NDArray ids, BiConsumer<Integer, NDArray> observer) {
        try (NDArray x = hidden(null, step, ids, observer, () -> {})) {
            return norm.forward(null, x, false);
        }
    }

    NDArray hidden(
            ParameterStore store,
            Step step,
            NDArray ids,
            BiConsumer<Integer, NDArray> observer,
            Runnable beforeLayer,
            long... rows) {
        NDArray x = embed(store, step, ids);
        try {
            observer.accept(0, x);
            for (int i = 0; i < layers.size(); i++) {
                beforeLayer.run();
                long[] wanted = i == layers.size() - 1 ? rows : ALL;
                NDArray y = layers.get(i).forward(store, x, step, i, wanted);
                x.close();
                x = y;
                observer.accept(i + 1, x);
            }
            return x;
        } catch (RuntimeException e) {
            x.close();
            throw e;
        }
    }

    /** The same in fewer calls. */
    private NDArray hiddenOfFew(Step step, NDArray ids, Runnable beforeGroup, long... rows) {
        NDArray x = embed(null, step, ids);
        try {
            for (int i = 0; i < groups.size(); i++) {
                beforeGroup.run();
                long[] wanted = i == groups.size() - 1 ? rows : ALL;
                NDArray y = groups.get(i).forward(kernels(), x, step, wanted);
                x.close();
                x = y;
            }
            return x;
        } catch (RuntimeException e) {
            x.close();
            throw e;
        }
    }

    private NDArray embed(ParameterStore store, Step step, NDArray ids) {
        Shape rows = new Shape(step.rows());
        if (!ids.getShape().equals(rows)) {
            throw new IllegalArgumentException(
                    "The step takes ids " + rows + ", not " + ids.getShape() + ".");
        }
        return embedding.embed(store, ids, step.isTraining());
    }

    private NDArray head(ParameterStore store, NDArray x, boolean training) {
        try (NDArray normed = norm.forward(store, x, training)) {
            return embedding.logits(store, normed, training);
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList data, NDList labels, PairList<String, Object> params) {
        return lossPass.options().logits()
                ? forwardInternal(store, data, true, params)
                : lossPass.output(store, data, labels.singletonOrThrow(), true);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        if (inputs.size() == 3) {
            return lossPass.output(store, inputs, inputs.get(2), training);
        }
        try (PaddedBatch batch = PaddedBatch.of(inputs, config.vocabSize());
                Step step = training ? lossPass.step(batch, 1) : LossPass.inference(batch);
                NDArray x = hidden(store, step, batch.ids(), (index, output) -> {}, () -> {});
                NDArray logits = head(store, x, training)) {
            NDManager manager = inputs.head().getManager();
            KernelCall spread =
                    call(SPREAD)
                            .tensor(logits)
                            .tensor(batch.rows())
                            .integers(batch.batch(), batch.width());
            return new NDList(training ? spread.train(manager) : spread.withoutGraph(manager));
        }
    }

    @Override
    public void clear() {
        super.clear();
        lossPass.close();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(config.vocabSize())};
    }
}
