package io.github.lapidary.nn;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.github.lapidary.kernel.KernelCall;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.Weights;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A block whose arithmetic is a kernel.
 *
 * <p>A tree of such blocks shares one linked module, which its root links when it is initialised or
 * loaded; a block used alone is its own root. Weights are float32, or frozen in another format that
 * only kernels read.
 */
public abstract class KernelBlock extends AbstractBlock {

    private static final byte VERSION = 1;

    private static final KernelMethod ADD_GRADIENTS = KernelMethod.addingOfWhole();

    private final TreeWeights weights = new TreeWeights(this);
    private final OtherLayouts otherLayouts = new OtherLayouts();
    private KernelModule kernels;
    private WeightFormat format = WeightFormat.FLOAT32;

    /** Makes a block without parameters or children. */
    protected KernelBlock() {
        super(VERSION);
    }

    /** Returns the methods that this block calls itself. */
    protected abstract List<KernelMethod> methods();

    /** Returns the format of the weights. */
    public final WeightFormat format() {
        return format;
    }

    /** Sets the format that the weights of this tree have or will have. */
    public final void setFormat(WeightFormat newFormat) {
        format = newFormat;
        weights.retire();
        blocks().forEach(child -> child.setFormat(newFormat));
    }

    /**
     * Links the kernels of this tree; they belong to the manager.
     *
     * @return what was linked, for whoever wants to hold off closing
     */
    public final KernelModule link(NDManager manager) {
        KernelModule module =
                KernelModule.link(
                        manager,
                        Stream.concat(Stream.of(ADD_GRADIENTS), allMethods()).distinct().toList());
        share(module);
        return module;
    }

    private Stream<KernelMethod> allMethods() {
        return Stream.concat(methods().stream(), blocks().flatMap(KernelBlock::allMethods));
    }

    private void share(KernelModule module) {
        kernels = module;
        weights.share();
        blocks().forEach(child -> child.share(module));
    }

    private Stream<KernelBlock> blocks() {
        return children.values().stream()
                .filter(KernelBlock.class::isInstance)
                .map(KernelBlock.class::cast);
    }

    private void linkIfNeeded(NDManager manager) {
        if (kernels == null || kernels.isClosed()) {
            link(manager);
        }
    }

    /** Returns the linked kernels. */
    protected final KernelModule kernels() {
        if (kernels == null) {
            throw new IllegalStateException(
                    "This block has no weights yet: initialize or load it first.");
        }
        return kernels;
    }

    /** Starts a call of a method of this block. */
    protected final KernelCall call(KernelMethod method) {
        return kernels().call(method);
    }

    /** Runs a call for training or for inference; the result belongs to the manager. */
    protected static NDArray run(KernelCall call, NDManager manager, boolean training) {
        return training ? call.train(manager) : call.run(manager);
    }

    /** Runs a method that takes one array and the weights of this tree, for either purpose. */
    protected final NDArray apply(
            KernelMethod method, ParameterStore store, NDArray x, boolean training) {
        return run(
                call(method).tensor(x).weights(weights(store, x.getDevice(), training)),
                x.getManager(),
                training);
    }

    /**
     * Returns a result as DJL expects one of a block: other blocks may train on it, and it may be
     * changed in place. Results of inference mode allow neither, so they are copied.
     */
    protected static NDList output(NDArray result, boolean training) {
        if (training) {
            return new NDList(result);
        }
        try (result) {
            return new NDList(result.duplicate());
        }
    }

    /** Returns the sizes of {@link #weights}: for each block with parameters, how many it has. */
    protected final List<Integer> weightGroups() {
        return WeightGroup.of(this).stream().map(group -> group.parameters().size()).toList();
    }

    /**
     * Returns the weights of this tree for a call.
     *
     * @param store where a trainer keeps copies for its devices; null for the parameters' own
     *     arrays
     */
    protected final Weights weights(ParameterStore store, Device device, boolean training) {
        return training ? weights.forTraining(store, device) : weights.forInference(store, device);
    }

    /**
     * Lets inference pass arrays to kernels after this block's own parameters, as long as these
     * have the arrays that they have now.
     *
     * @param arrays belong to a manager, and are closed when the block is cleared
     */
    final void setOtherLayouts(List<NDArray> arrays) {
        otherLayouts.set(getDirectParameters().values(), arrays);
    }

    /** Returns what inference passes after the arrays of this block's own parameters. */
    final List<NDArray> otherLayouts(List<NDArray> own) {
        return otherLayouts.of(own);
    }

    /** Frees what inference passes besides parameters; returns whether there was any. */
    final boolean dropOtherLayouts() {
        return otherLayouts.clear();
    }

    /** Returns the parameters below that are multiplied, which may be so in another format. */
    final Stream<Parameter> multiplied() {
        return Stream.concat(
                isMultiplied() ? getDirectParameters().values().stream() : Stream.empty(),
                blocks().flatMap(KernelBlock::multiplied));
    }

    /** Returns whether this block's own parameters are those of a product. */
    protected boolean isMultiplied() {
        return false;
    }

    /** Returns where the gradients of {@link #weights} are added, one by one. */
    protected final List<NDArray> sums(TrainingStore store) {
        return weights.parameters().map(store::sum).toList();
    }

    /** Returns the kernel that adds the gradients of what this block has recorded. */
    KernelMethod adding() {
        return ADD_GRADIENTS;
    }

    /**
     * Adds the gradients of the weights, which were recorded when a result was computed from x.
     *
     * @param store what the weights came from
     * @param y the result, what else was recorded, and maybe losses [] that were computed with it
     * @param dy the gradient of the result
     * @return the gradient of x
     */
    public final NDArray gradients(TrainingStore store, NDArray x, List<NDArray> y, NDArray dy) {
        List<NDArray> arrays =
                weights.parameters()
                        .map(parameter -> store.getValue(parameter, x.getDevice(), true))
                        .toList();
        return call(adding())
                .tensors(y)
                .tensor(x)
                .tensors(arrays)
                .tensor(dy)
                .tensors(sums(store))
                .withoutGraph(x.getManager());
    }

    /** Returns the parameters of this tree by path, {@code layers.0.mlp.down_proj.weight}. */
    public final Map<String, Parameter> parametersByPath() {
        return new BlockTree(this).parametersByPath();
    }

    /**
     * Returns the block at a path below this one, {@code layers.0.mlp.down_proj}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public final Block at(String path) {
        return new BlockTree(this).at(path);
    }

    @Override
    public void initialize(NDManager manager, DataType dataType, Shape... inputShapes) {
        if (dataType != DataType.FLOAT32) {
            throw new IllegalArgumentException(
                    "Weights are initialised as float32, not " + dataType + ".");
        }
        linkIfNeeded(manager);
        super.initialize(manager, dataType, inputShapes);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        for (Block child : children.values()) {
            child.initialize(manager, dataType, inputShapes);
        }
    }

    /**
     * Marks the tree as initialised once its parameters have arrays from elsewhere.
     *
     * @param inputShapes what the root takes
     */
    public final void loaded(NDManager manager, Shape... inputShapes) {
        linkIfNeeded(manager);
        markLoaded(inputShapes);
    }

    private void markLoaded(Shape... shapes) {
        beforeInitialize(shapes);
        blocks().forEach(child -> child.markLoaded(shapes));
    }

    /** Frees the parameters' arrays. */
    @Override
    public void clear() {
        super.clear();
        retireAll();
        otherLayouts.clear();
    }

    private void retireAll() {
        weights.retire();
        blocks().forEach(KernelBlock::retireAll);
    }

    @Override
    public void saveParameters(DataOutputStream stream) throws IOException {
        ParameterFile.save(this, stream);
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream stream)
            throws IOException, MalformedModelException {
        ParameterFile.load(this, manager, stream);
        linkIfNeeded(manager);
        setFormat(WeightFormat.FLOAT32);
    }

    /** Returns the tree: each block with its parameters and their shapes. */
    @Override
    public String toString() {
        return new BlockTree(this).toString();
    }

    /** Returns what {@link #toString} tells of this block besides its parameters. */
    protected Optional<String> describeDetails() {
        return Optional.empty();
    }

    /** Returns the only array of the inputs, for a block that takes one. */
    protected static NDArray single(NDList inputs) {
        return inputs.singletonOrThrow();
    }
}
