package io.github.lapidary.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What AdamW remembers of each parameter, and the kernels that work on it. */
final class AdamWState implements AutoCloseable {

    private static final KernelMethod NORMS = KernelMethod.of("adamw.norms").tensors("g").build();
    private static final KernelMethod ZERO = KernelMethod.of("adamw.zero").tensors("g").build();
    private static final KernelMethod STEP =
            KernelMethod.of("adamw.step")
                    .tensors("w")
                    .tensors("g")
                    .tensors("m")
                    .tensors("v")
                    .tensor("numbers")
                    .integers("counts")
                    .build();

    private final Map<String, Parameter> parameters;
    private final Map<String, Moments> moments = new LinkedHashMap<>();
    private NDManager manager;
    private KernelModule kernels;
    private Tensors tensors;
    private long updates;

    AdamWState(Map<String, Parameter> parameters) {
        this.parameters = parameters;
    }

    /**
     * What is remembered of a parameter.
     *
     * @param first m
     * @param second v
     * @param updates how often the parameter was updated
     */
    record Moments(NDArray first, NDArray second, long updates) {

        Moments next() {
            return new Moments(first, second, updates + 1);
        }

        void close() {
            first.close();
            second.close();
        }
    }

    long updates() {
        return updates;
    }

    /** Parameters may get their arrays after the optimizer was made. */
    private void open() {
        if (manager == null) {
            Parameter any = parameters.values().iterator().next();
            manager = any.getArray().getManager().newSubManager();
            kernels = KernelModule.link(manager, List.of(NORMS, ZERO, STEP));
            tensors = new Tensors(manager);
        }
    }

    float[] norms(List<NDArray> gradients) {
        open();
        try (NDArray norms = kernels.call(NORMS).tensors(gradients).run(manager)) {
            return norms.toFloatArray();
        }
    }

    /** Makes gradients zeros. */
    void drop(List<NDArray> gradients) {
        kernels.call(ZERO).tensors(gradients).runForHandle().close();
    }

    /**
     * Updates parameters, and makes their gradients zeros.
     *
     * @param decayed how many of them decay, the first ones
     * @param numbers as the kernel takes them
     */
    void update(List<String> paths, List<NDArray> gradients, int decayed, double[] numbers) {
        Map<String, Moments> after = new LinkedHashMap<>();
        List<NDArray> weights = new ArrayList<>();
        List<NDArray> first = new ArrayList<>();
        List<NDArray> second = new ArrayList<>();
        long[] counts = new long[1 + paths.size()];
        counts[0] = decayed;
        for (int i = 0; i < paths.size(); i++) {
            Parameter parameter = parameters.get(paths.get(i));
            Moments own = moments.computeIfAbsent(paths.get(i), path -> zeros(parameter)).next();
            after.put(paths.get(i), own);
            weights.add(parameter.getArray());
            first.add(own.first);
            second.add(own.second);
            counts[1 + i] = own.updates;
        }
        // Not in inference mode, in which the engine would not count that the weights changed.
        try (NDArray values = manager.create(numbers)) {
            kernels.call(STEP)
                    .tensors(weights)
                    .tensors(gradients)
                    .tensors(first)
                    .tensors(second)
                    .tensor(values)
                    .integers(counts)
                    .withoutGraph(manager)
                    .close();
        }
        moments.putAll(after);
        updates++;
    }

    private Moments zeros(Parameter parameter) {
        NDArray array = parameter.getArray();
        return new Moments(tensors.zeros(array), tensors.zeros(array), 0);
    }

    void save(Path file) throws IOException {
        open();
        AdamWFile.write(file, moments, updates, manager);
    }

    void load(Path file) throws IOException {
        open();
        try (AdamWFile saved = AdamWFile.open(file, parameters)) {
            Map<String, Moments> loaded = saved.read(manager);
            moments.values().forEach(Moments::close);
            moments.clear();
            moments.putAll(loaded);
            updates = saved.updates();
        }
    }

    @Override
    public void close() {
        if (manager != null) {
            tensors.close();
            manager.close();
        }
    }
}
