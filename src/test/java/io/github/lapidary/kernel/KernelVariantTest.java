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

class KernelVariantTest {

    private static final KernelMethod PRODUCT =
            KernelMethod.of("testing.product").tensor("x").tensor("weight").build();
    private static final KernelMethod PACKED =
            KernelMethod.of("testing.packed_product").tensor("x").tensor("weight").build();

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

    private static NDArray integers(NDManager manager, int rows, int columns) {
        Random random = new Random(rows + 31L * columns);
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextInt(17) - 8;
        }
        return manager.create(numbers, new Shape(rows, columns));
    }
}
