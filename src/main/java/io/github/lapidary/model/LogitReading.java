package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.util.Arrays;

/** What is read from logits without taking all of them to Java. */
final class LogitReading {

    static final KernelMethod LARGEST = KernelMethod.of("tokens.largest").tensor("x").build();

    static final KernelMethod LOG_PROBABILITIES =
            KernelMethod.of("tokens.log_probabilities")
                    .tensor("x")
                    .tensor("ids")
                    .integers("top")
                    .build();

    private LogitReading() {}

    /** See {@link CausalLanguageModel#largest}. */
    static int[] largest(KernelModule kernels, NDArray logits) {
        try (NDArray ids = kernels.call(LARGEST).tensor(logits).run(logits.getManager())) {
            return Arrays.stream(ids.toLongArray()).mapToInt(Math::toIntExact).toArray();
        }
    }

    /** See {@link CausalLanguageModel#logProbabilities}. */
    static double[][] logProbabilities(KernelModule kernels, NDArray logits, long[] ids, int top) {
        NDManager manager = logits.getManager();
        try (NDArray targets = manager.create(ids);
                NDArray numbers =
                        kernels.call(LOG_PROBABILITIES)
                                .tensor(logits)
                                .tensor(targets)
                                .integers(top)
                                .run(manager)) {
            double[] flat = numbers.toDoubleArray();
            int width = 1 + 2 * top;
            double[][] rows = new double[ids.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
            }
            return rows;
        }
    }
}
