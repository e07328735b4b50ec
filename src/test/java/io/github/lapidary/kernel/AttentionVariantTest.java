package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Attention in each variant of the kernels, against sums in double precision. */
class AttentionVariantTest {

    private static final KernelMethod ATTEND =
            KernelMethod.of("testing.attend")
                    .tensor("q")
                    .tensor("keys")
                    .tensor("values")
                    .integers("numbers")
                    .build();
    private static final int FLOAT32 = 6;
    private static final int BFLOAT16 = 15;
    private static final int HEADS = 4;
    private static final int SIZE = 16;
    private static final double SCALE = 0.25;

    private final Random random = new Random(17);

    /** Blocks of queries end at 128 and 256; a window is shorter than a block, or longer. */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 0, 0",
        "1, 9, 0, 0",
        "1, 5, 8, 0",
        "7, 7, 0, 0",
        "7, 20, 0, 0",
        "7, 14, 8, 0",
        "130, 130, 0, 0",
        "130, 137, 8, 0",
        "130, 300, 200, 0",
        "257, 300, 0, 0",
        "300, 300, 40, 0",
        "129, 140, 0, 3",
        "129, 140, 16, 3",
        "3, 9, 7, 3"
    })
    void variantsAttendAlike(int queries, int keys, int window, int softcap) {
        for (int groups : new int[] {1, 2, HEADS}) {
            float[] q = normal(queries * HEADS * SIZE);
            float[] k = normal(groups * keys * SIZE);
            float[] v = normal(groups * keys * SIZE);
            double[] expected = reference(q, k, v, groups, window, softcap);
            for (KernelVariant variant : KernelVariant.values()) {
                assumeTrue(
                        variant.runsOn(Device.cpu()),
                        () -> variant + " does not run on this processor");
                check(expected, run(variant, FLOAT32, q, k, v, groups, window, softcap), 2e-5);
                check(expected, run(variant, BFLOAT16, q, k, v, groups, window, softcap), 0.04);
            }
        }
    }

    private static void check(double[] expected, float[] actual, double tolerance) {
        assertEquals(expected.length, actual.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], tolerance);
        }
    }

    private float[] normal(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static float[] run(
            KernelVariant variant,
            int type,
            float[] q,
            float[] k,
            float[] v,
            int groups,
            int window,
            int softcap) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu());
                KernelModule module = KernelModule.link(manager, variant, List.of(ATTEND))) {
            Shape own = new Shape(groups, k.length / groups / SIZE, SIZE);
            NDArray queries = manager.create(q, new Shape(q.length / HEADS / SIZE, HEADS, SIZE));
            return module.call(ATTEND)
                    .tensor(queries)
                    .tensor(manager.create(k, own))
                    .tensor(manager.create(v, own))
                    .integers(type, window, softcap)
                    .run(manager)
                    .toFloatArray();
        }
    }

    private static double[] reference(
            float[] q, float[] k, float[] v, int groups, int window, int softcap) {
        int queries = q.length / HEADS / SIZE;
        int keys = k.length / groups / SIZE;
        double[] result = new double[q.length];
        for (int i = 0; i < queries; i++) {
            int last = keys - queries + i;
            int first = window == 0 ? 0 : Math.max(0, last - window + 1);
            for (int head = 0; head < HEADS; head++) {
                int from = (i * HEADS + head) * SIZE;
                int group = head / (HEADS / groups) * keys;
                double total = 0;
                for (int j = first; j <= last; j++) {
                    int at = (group + j) * SIZE;
                    double score = 0;
                    for (int n = 0; n < SIZE; n++) {
                        score += SCALE * q[from + n] * k[at + n];
                    }
                    if (softcap > 0) {
                        score = softcap * Math.tanh(score / softcap);
                    }
                    double weight = Math.exp(score);
                    total += weight;
                    for (int n = 0; n < SIZE; n++) {
                        result[from + n] += weight * v[at + n];
                    }
                }
                for (int n = 0; n < SIZE; n++) {
                    result[from + n] /= total;
                }
            }
        }
        return result;
    }
}
