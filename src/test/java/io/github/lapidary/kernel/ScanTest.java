package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.github.lapidary.Golden;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The scan of recurrences and its reverse pass against the plain recurrence in double precision,
 * over sequences that lie one after another, each from its own start.
 */
class ScanTest {

    private static final int WIDTH = 9;
    private static final double TOLERANCE = 1e-5;
    static final KernelMethod SCAN =
            KernelMethod.of("recurrent.scan_all")
                    .tensor("a")
                    .tensor("x")
                    .states("s")
                    .integers("spans")
                    .build();
    static final KernelMethod REVERSE =
            KernelMethod.of("recurrent.scan_all_reverse")
                    .tensor("a")
                    .tensor("h")
                    .tensor("d")
                    .integers("spans")
                    .build();

    private final Random random = new Random(5);
    private NDManager manager;
    private KernelModule module;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        module = KernelModule.link(manager, List.of(SCAN, REVERSE));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** Decays, inputs, and a gradient of the states, [R, W]; and what follows of them. */
    private static final class Reference {

        final float[] a;
        final float[] x;
        final float[] g;
        final double[] h;
        final double[] ofX;
        final double[] ofA;

        Reference(Random random, int... lengths) {
            this(random, lengths, new float[lengths.length][WIDTH]);
        }

        /**
         * Draws them.
         *
         * @param before the state of each sequence before its first token
         */
        Reference(Random random, int[] lengths, float[]... before) {
            int size = Arrays.stream(lengths).sum() * WIDTH;
            a = new float[size];
            x = new float[size];
            g = new float[size];
            h = new double[size];
            ofX = new double[size];
            ofA = new double[size];
            for (int k = 0; k < size; k++) {
                a[k] = decay(random);
                x[k] = (float) random.nextGaussian();
                g[k] = (float) random.nextGaussian();
            }
            int first = 0;
            for (int i = 0; i < lengths.length; i++) {
                run(first, first + lengths[i] * WIDTH, before[i]);
                first += lengths[i] * WIDTH;
            }
        }

        /** Returns a decay, often one of the outermost: all is kept, or all is forgotten. */
        private static float decay(Random random) {
            return switch (random.nextInt(12)) {
                case 0 -> 0;
                case 1 -> 1e-30f;
                case 2, 3, 4 -> 1;
                case 5, 6, 7 -> Math.nextDown(1f);
                default -> random.nextFloat();
            };
        }

        private void run(int begin, int end, float... before) {
            for (int k = begin; k < end; k++) {
                h[k] = x[k] + a[k] * (k < begin + WIDTH ? before[k - begin] : h[k - WIDTH]);
            }
            for (int k = end - 1; k >= begin; k--) {
                ofX[k] = g[k] + (k < end - WIDTH ? a[k + WIDTH] * ofX[k + WIDTH] : 0);
                ofA[k] = k < begin + WIDTH ? 0 : ofX[k] * h[k - WIDTH];
            }
        }
    }

    /**
     * A pass goes on from a state and leaves another: after any number of tokens, in either place
     * of the state, beside sequences that begin, whose state is not read.
     *
     * @param sequences of each its tokens, its first position and its place
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 5 0",
                "1 1 1",
                "2 100000 1",
                "65 3 0",
                "1000 64 1",
                "1 0 0, 1 7 1, 1 2000000000 0",
                "5 0 1, 1 1 0, 33 9 1, 2 0 0"
            })
    void goesOnFromStatesAsInDoublePrecision(String sequences) {
        List<long[]> each =
                Arrays.stream(sequences.split(", "))
                        .map(text -> Arrays.stream(text.split(" ")).mapToLong(Long::parseLong))
                        .map(LongStream::toArray)
                        .toList();
        int[] lengths = each.stream().mapToInt(span -> (int) span[0]).toArray();
        float[][] before = new float[lengths.length][];
        List<NDArray> states = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            float[] state = new float[2 * WIDTH];
            for (int k = 0; k < state.length; k++) {
                state[k] = (float) (10 * random.nextGaussian());
            }
            states.add(array(state));
            int from = (int) each.get(i)[2] * WIDTH;
            before[i] =
                    each.get(i)[1] == 0
                            ? new float[WIDTH]
                            : Arrays.copyOfRange(state, from, from + WIDTH);
        }
        List<float[]> found = states.stream().map(NDArray::toFloatArray).toList();
        Reference reference = new Reference(random, lengths, before);
        NDArray h =
                module.call(SCAN)
                        .tensor(array(reference.a))
                        .tensor(array(reference.x))
                        .states(states)
                        .integers(each.stream().flatMapToLong(Arrays::stream).toArray())
                        .run(manager);
        assertNear("states", reference.h, h);
        float[] all = h.toFloatArray();
        int end = 0;
        for (int i = 0; i < lengths.length; i++) {
            end += lengths[i] * WIDTH;
            int place = (int) each.get(i)[2];
            float[] expected = found.get(i);
            System.arraycopy(all, end - WIDTH, expected, (1 - place) * WIDTH, WIDTH);
            assertArrayEquals(expected, states.get(i).toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1", "2", "7", "31", "32", "33", "63", "64", "65", "127", "128", "129", "1000",
                "1,1,1", "4,4,4", "64,64", "5,1,33", "2,1,3", "1,65,64"
            })
    void statesAndGradientsAreThoseInDoublePrecision(String lengthsOfSequences) {
        int[] lengths =
                Arrays.stream(lengthsOfSequences.split(",")).mapToInt(Integer::parseInt).toArray();
        Reference reference = new Reference(random, lengths);
        long[] spans = new long[3 * lengths.length];
        for (int i = 0; i < lengths.length; i++) {
            spans[3 * i] = lengths[i];
        }
        NDArray a = array(reference.a);
        NDArray h =
                module.call(SCAN)
                        .tensor(a)
                        .tensor(array(reference.x))
                        .states(List.of())
                        .integers(spans)
                        .run(manager);
        assertNear("states", reference.h, h);
        NDArray d = array(reference.g);
        NDArray ofA =
                module.call(REVERSE).tensor(a).tensor(h).tensor(d).integers(spans).run(manager);
        assertNear("a", reference.ofA, ofA);
        assertNear("x", reference.ofX, d);

        NDArray x = array(reference.x);
        a.setRequiresGradient(true);
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray recorded =
                    module.call(SCAN)
                            .tensor(a)
                            .tensor(x)
                            .states(List.of())
                            .integers(spans)
                            .train(manager);
            assertNear("recorded states", reference.h, recorded);
            collector.backward(recorded.mul(array(reference.g)).sum());
        }
        assertNear("recorded a", reference.ofA, a.getGradient());
        assertNear("recorded x", reference.ofX, x.getGradient());
    }

    private NDArray array(float[] numbers) {
        return manager.create(numbers, new Shape(numbers.length / WIDTH, WIDTH));
    }

    private static void assertNear(String what, double[] expected, NDArray actual) {
        float[] numbers = new float[expected.length];
        double largest = 0;
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) expected[i];
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        Golden.assertClose(what, numbers, actual.toFloatArray(), TOLERANCE * largest);
    }
}
