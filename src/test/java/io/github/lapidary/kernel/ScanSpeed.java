package io.github.lapidary.kernel;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.List;

/**
 * Measures a scan and its reverse pass beside those of autograd: the figures of docs/training.md.
 * It is run by hand.
 */
final class ScanSpeed {

    private static final int WIDTH = 2560;
    private static final int RUNS = 5;

    private final NDManager manager;
    private final KernelModule module;
    private final int tokens;
    private final NDArray a;
    private final NDArray x;
    private final NDArray g;

    private ScanSpeed(NDManager manager, int tokens) {
        this.manager = manager;
        this.tokens = tokens;
        module = KernelModule.link(manager, List.of(ScanTest.SCAN, ScanTest.REVERSE));
        Shape shape = new Shape(tokens, WIDTH);
        a = manager.randomUniform(0.9f, 1, shape);
        x = manager.randomNormal(shape);
        g = manager.randomNormal(shape);
        a.setRequiresGradient(true);
        x.setRequiresGradient(true);
    }

    /** Prints a line for each length: tokens, seconds of both, and their ratio. */
    public static void main(String... args) {
        for (int tokens : new int[] {256, 512, 2048, 8192}) {
            try (NDManager manager = NDManager.newBaseManager()) {
                ScanSpeed speed = new ScanSpeed(manager, tokens);
                double[] own = new double[RUNS];
                double[] autograd = new double[RUNS];
                for (int run = -1; run < RUNS; run++) { // the first does not count
                    double first = speed.own();
                    double second = speed.autograd();
                    if (run >= 0) {
                        own[run] = first;
                        autograd[run] = second;
                    }
                }
                Arrays.sort(own);
                Arrays.sort(autograd);
                System.out.printf(
                        "%5d own %.4f s (%.4f to %.4f), autograd %.4f s (%.4f to %.4f), ratio %.1f%n",
                        tokens,
                        own[RUNS / 2],
                        own[0],
                        own[RUNS - 1],
                        autograd[RUNS / 2],
                        autograd[0],
                        autograd[RUNS - 1],
                        autograd[RUNS / 2] / own[RUNS / 2]);
            }
        }
    }

    private KernelCall scan(NDArray decays, NDArray inputs) {
        return module.call(ScanTest.SCAN)
                .tensor(decays)
                .tensor(inputs)
                .states(List.of())
                .integers(tokens, 0, 0);
    }

    /**
     * The copies are as in a layer: arrays that no graph holds, of which two are overwritten since
     * they have no other use.
     */
    private double own() {
        try (NDArray decays = a.stopGradient().duplicate();
                NDArray inputs = x.stopGradient().duplicate();
                NDArray d = g.duplicate()) {
            long start = System.nanoTime();
            try (NDArray h = scan(decays, inputs).run(manager);
                    NDArray ofA =
                            module.call(ScanTest.REVERSE)
                                    .tensor(decays)
                                    .tensor(h)
                                    .tensor(d)
                                    .integers(tokens, 0, 0)
                                    .run(manager)) {
                return (System.nanoTime() - start) / 1e9;
            }
        }
    }

    private double autograd() {
        long start = System.nanoTime();
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                NDArray h = scan(a, x).train(manager);
                NDArray products = h.mul(g);
                NDArray sum = products.sum()) {
            collector.backward(sum);
            return (System.nanoTime() - start) / 1e9;
        }
    }
}
