package io.github.lapidary.kernel;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.github.lapidary.kernel.KernelParameter.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * One call of a kernel: its arguments, in the method's order, and how to run it.
 *
 * <p>Handles that a call makes are closed before it returns.
 */
public final class KernelCall {

    private static final Object NAMING = new Object();

    private final KernelModule module;
    private final KernelMethod method;
    private final String name;
    private final List<Object> arguments = new ArrayList<>();

    KernelCall(KernelModule module, KernelMethod method, String name) {
        this.module = module;
        this.method = method;
        this.name = name;
    }

    private KernelCall add(Kind kind, Object argument) {
        List<KernelParameter> parameters = method.parameters();
        int next = arguments.size();
        while (next < parameters.size() && parameters.get(next).kind() == Kind.LITERAL) {
            arguments.add(null);
            next++;
        }
        if (next == parameters.size() || parameters.get(next).kind() != kind) {
            throw new IllegalArgumentException(
                    method.function()
                            + " takes "
                            + (next == parameters.size()
                                    ? "no more arguments"
                                    : parameters.get(next).kind())
                            + " at place "
                            + next
                            + ", not "
                            + kind
                            + ".");
        }
        arguments.add(argument);
        return this;
    }

    /** Passes a tensor. */
    public KernelCall tensor(NDArray array) {
        return add(Kind.TENSOR, array);
    }

    /** Passes a list of tensors; in training of at least one. */
    public KernelCall tensors(List<NDArray> arrays) {
        return add(Kind.TENSORS, arrays);
    }

    /** Passes weights. */
    public KernelCall weights(Weights weights) {
        return add(Kind.WEIGHTS, weights);
    }

    /** Passes states, which the kernel updates in place. */
    public KernelCall states(List<NDArray> states) {
        return add(Kind.STATES, states);
    }

    /** Passes integers. */
    public KernelCall integers(long... numbers) {
        return add(Kind.INTEGERS, numbers);
    }

    /** Passes a string. */
    public KernelCall text(String text) {
        return add(Kind.TEXT, text);
    }

    /** Runs in inference mode; the result belongs to the manager, and autograd may not save it. */
    public NDArray run(NDManager manager) {
        try (Handle result = runForHandle()) {
            return result.array(manager);
        }
    }

    /** Runs in inference mode; the caller closes the result. */
    public Handle runForHandle() {
        // The lease covers the arguments too, so that none is freed while it is read.
        try (KernelModule.Lease ignored = module.lease();
                Passed passed = new Passed()) {
            for (int i = 0; i < arguments.size(); i++) {
                pass(method.parameters().get(i).kind(), arguments.get(i), passed);
            }
            return module.infer(name, passed.values.toArray(IValue[]::new));
        }
    }

    /** What a call passes to the engine, and what is to be done once it has returned. */
    private static final class Passed implements AutoCloseable {

        private final List<IValue> values = new ArrayList<>();
        private final List<Runnable> ends = new ArrayList<>();

        void add(IValue value, Runnable end) {
            values.add(value);
            ends.add(end);
        }

        void add(IValue value) {
            add(value, value::close);
        }

        @Override
        public void close() {
            ends.forEach(Runnable::run);
        }
    }

    @SuppressWarnings("unchecked")
    private void pass(Kind kind, Object argument, Passed passed) {
        switch (kind) {
            case TENSOR -> passed.add(IValue.from((PtNDArray) argument));
            case TENSORS, STATES -> passed.add(list((List<NDArray>) argument));
            case INTEGERS -> passed.add(IValue.listFrom((long[]) argument));
            case TEXT -> passed.add(IValue.from((String) argument));
            case WEIGHTS -> {
                Weights weights = (Weights) argument;
                passed.add(weights.acquire(module), weights::release);
            }
            case LITERAL -> {}
        }
    }

    private static IValue list(List<NDArray> arrays) {
        return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    }

    /** Runs where autograd sees it, if recording is on in this thread. */
    public NDArray train(NDManager manager) {
        return train(manager, KernelArchive.trainingName(name), null, List.of()).get(0);
    }

    /**
     * The same for a way back by {@link KernelMethod#adding}.
     *
     * @return the result, then what that needs besides
     */
    public List<NDArray> recorded(NDManager manager) {
        return method.recordsParts()
                ? train(manager, KernelArchive.recordingName(name), null, List.of())
                : List.of(train(manager));
    }

    /**
     * Runs again what gave a result, and adds the gradients of the weights that require one.
     *
     * @param gradient that of the result
     * @param sums what the gradients are added to, one array for each weight; that of a weight
     *     which requires none is not touched
     * @return the gradient of the first argument
     */
    public NDArray gradients(NDArray gradient, List<NDArray> sums, NDManager manager) {
        try (GradientMode ignored = GradientMode.recording()) {
            return train(manager, KernelArchive.gradientName(name), gradient, sums).get(0);
        }
    }

    private List<NDArray> train(
            NDManager manager, String generated, NDArray gradient, List<NDArray> sums) {
        // Names sit on the arrays, which threads and modules share; the lease is taken first, as it
        // may wait.
        try (KernelModule.Lease ignored = module.lease()) {
            synchronized (NAMING) {
                try (TrainingInputs inputs = new TrainingInputs()) {
                    for (int i = 0; i < arguments.size(); i++) {
                        pass(method.parameters().get(i), arguments.get(i), inputs, manager);
                    }
                    if (gradient != null) {
                        inputs.add(gradient);
                        inputs.addList(MethodSource.SUMS, sums);
                    }
                    return module.train(manager, generated, inputs.arrays());
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static void pass(
            KernelParameter parameter, Object argument, TrainingInputs inputs, NDManager manager) {
        switch (parameter.kind()) {
            case TENSOR -> inputs.add((NDArray) argument);
            case TENSORS -> inputs.addList(parameter.text(), (List<NDArray>) argument);
            case WEIGHTS -> inputs.addList(parameter.text(), ((Weights) argument).arrays());
            case INTEGERS -> inputs.addOwn(manager.create((long[]) argument));
            case STATES -> noStates((List<NDArray>) argument);
            case TEXT -> throw new IllegalStateException("Not in training.");
            case LITERAL -> {}
        }
    }

    private static void noStates(List<NDArray> states) {
        if (!states.isEmpty()) {
            throw new IllegalArgumentException("Training keeps no states.");
        }
    }

    /** Runs without a graph; its result, unlike that of {@link #run}, may require gradients. */
    public NDArray withoutGraph(NDManager manager) {
        try (GradientMode ignored = GradientMode.notRecording()) {
            return train(manager);
        }
    }
}
