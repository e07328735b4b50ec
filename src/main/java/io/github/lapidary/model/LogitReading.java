package io.github.lapidary.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is read from logits without taking all of them to Java. */
final class LogitReading {

    static final KernelMethod LOG_PROBABILITIES =
            KernelMethod.of("tokens.log_probabilities")
                    .tensor("x")
                    .tensor("ids")
                    .integers("top")
                    .build();

    private LogitReading() {}

    /** See {@link CausalLanguageModel#shortlists}; found is what the embedding tells. */
    static List<Shortlist> shortlists(NDArray found, int rows) {
        double[] numbers = found.toDoubleArray();
        List<Shortlist> shortlists = new ArrayList<>();
        int from = 0;
        for (int row = 0; row < rows; row++) {
            int to = from;
            while (to < numbers.length && numbers[to] == row) {
                to += 3;
            }
            int[] ids = new int[(to - from) / 3];
            float[] logits = new float[ids.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = (int) numbers[from + 3 * i + 1];
                logits[i] = (float) numbers[from + 3 * i + 2];
            }
            shortlists.add(new Shortlist(ids, logits));
            from = to;
        }
        return shortlists;
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
