package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelVariantTest {

    private static final KernelMethod PRODUCT =
            KernelMethod.of("testing.product").tensor("x").tensor("weight").build();
    private static final KernelMethod PACKED =
            KernelMethod.of("testing.packed_product").tensor("x").tensor("weight").build();
    private static final KernelMethod PACKED_PRODUCTS =
            KernelMethod.of("testing.packed_products")
                    .tensor("x")
                    .tensor("weight")
                    .integers("type")
                    .build();
    private static final KernelMethod BYTES =
            KernelMethod.of("testing.bytes_product").tensor("x").tensor("weight").build();
    private static final int BFLOAT16 = 15;

    /** The engine has oneDNN on x86, and oneDNN has bfloat16 wherever these instructions are. */
    @Test
    void oneDnnIsUsedWhereItRuns() {
        Set<String> features = ProcessorInfo.ofThisMachine().features().orElse(Set.of());
        assumeTrue(features.contains("avx512bw"), "oneDNN may lack bfloat16 on this processor");
        assertNotEquals(KernelVariant.PORTABLE, KernelVariant.of(Device.cpu()));
    }

    /** Small integers are exact in bfloat16, and so are their products; sums are rounded once. */
    @ParameterizedTest
    @CsvSource({"1, 64, 128", "3, 64, 128", "1, 1, 1", "2, 5, 3", "17, 33, 65", "40, 640, 100"})
    void everyVariantMultipliesAlike(int rows, int inputs, int outputs) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            NDArray x = integers(manager, rows, inputs);
            NDArray weight = integers(manager, outputs, inputs);
            float[] exact = x.matMul(weight.transpose()).toFloatArray();
            for (KernelVariant variant : KernelVariant.values()) {
                assumeTrue(
                        variant.runsOn(Device.cpu()),
                        () -> variant + " does not run on this processor");
                try (KernelModule module =
                        KernelModule.link(manager, variant, List.of(PRODUCT, PACKED))) {
                    for (KernelMethod method : List.of(PRODUCT, PACKED)) {
                        float[] actual =
                                module.call(method)
                                        .tensor(x)
                                        .tensor(weight)
                                        .run(manager)
                                        .toFloatArray();
                        assertEquals(exact.length, actual.length);
                        for (int i = 0; i < exact.length; i++) {
                            assertEquals(exact[i], actual[i], Math.abs(exact[i]) / 256);
                        }
                    }
                }
            }
        }
    }

    /** A product of a few rows with a large weight may be made of more rows. */
    @ParameterizedTest
    @CsvSource({
        "1, 6", "2, 6", "5, 6", "6, 6", "7, 6", "1, 15", "2, 15", "4, 15", "6, 15", "7, 15"
    })
    void fewRowsTimesALargeWeight(int rows, int type) {
        int inputs = 1000;
        int outputs = 2100;
        double rounding = type == BFLOAT16 ? 1.0 / 256 : 1e-6;
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            NDArray x = integers(manager, rows, inputs).div(64);
            NDArray weight = integers(manager, outputs, inputs).div(64);
            float[] exact = x.matMul(weight.transpose()).add(1).toFloatArray();
            for (KernelVariant variant : KernelVariant.values()) {
                assumeTrue(
                        variant.runsOn(Device.cpu()),
                        () -> variant + " does not run on this processor");
                try (KernelModule module =
                                KernelModule.link(manager, variant, List.of(PACKED_PRODUCTS));
                        NDArray result =
                                module.call(PACKED_PRODUCTS)
                                        .tensor(x.expandDims(1))
                                        .tensor(weight)
                                        .integers(type)
                                        .run(manager)) {
                    assertEquals(new Shape(rows, 1, 4L * outputs), result.getShape());
                    float[] actual = result.toFloatArray();
                    for (int i = 0; i < exact.length; i++) {
                        int at = i / outputs * 4 * outputs + i % outputs;
                        double y = exact[i];
                        double relu = Math.max(y, 0);
                        double off = rounding * Math.abs(y) + 1e-6;
                        assertEquals(y, actual[at], off);
                        assertEquals(relu, actual[at + outputs], off);
                        assertEquals(gelu(y), actual[at + 2 * outputs], 2 * off);
                        assertEquals(y * relu, actual[at + 3 * outputs], 3 * relu * off);
                    }
                }
            }
        }
    }

    /** The first part of the weight is large, the second is not; all sums are exact. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 6, 7})
    void fewRowsTimesALargeWeightOfBytes(int rows) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
            NDArray x = integers(manager, rows, 2000);
            NDArray weight = integers(manager, 2200, 2000);
            float[] exact = x.matMul(weight.transpose()).toFloatArray();
            for (KernelVariant variant : KernelVariant.values()) {
                assumeTrue(
                        variant.runsOn(Device.cpu()),
                        () -> variant + " does not run on this processor");
                try (KernelModule module = KernelModule.link(manager, variant, List.of(BYTES));
                        NDArray result = module.call(BYTES).tensor(x).tensor(weight).run(manager)) {
                    assertEquals(new Shape(rows, 2200), result.getShape());
                    assertArrayEquals(exact, result.toFloatArray());
                }
            }
        }
    }

    private static double gelu(double x) {
        return x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    }

    private static NDArray integers(NDManager manager, int rows, int columns) {
        Random random = new Random(rows + 31L * columns);
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextInt(17) - 8;
        }
        return manager.create(numbers, new Shape(rows, columns));
    }
}
