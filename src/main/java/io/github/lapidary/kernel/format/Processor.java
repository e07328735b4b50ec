package io.github.lapidary.kernel.format;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.Handle;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.util.List;

/** What this machine's processor is good at, found out once by trying. */
public final class Processor {

    private static final KernelMethod PRODUCT =
            KernelMethod.of("probe.product").tensor("x").tensor("w").build();
    private static final KernelMethod PACKED = KernelMethod.of("probe.packed").tensor("w").build();
    private static final int SIZE = 768;
    private static final int ROWS = 64;
    private static final int TRIES = 20;
    private static final double WORTHWHILE = 1.5;

    private Processor() {}

    /**
     * Returns the format that a model gets when none is asked for: bfloat16 where its products are
     * clearly faster than those of float32.
     */
    public static WeightFormat preferredFormat(Device device) {
        if (device.isGpu()) {
            return WeightFormat.BFLOAT16;
        }
        return Cpu.GOOD_AT_BFLOAT16 ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32;
    }

    private static final class Cpu {

        private static final boolean GOOD_AT_BFLOAT16 = measure();

        private static boolean measure() {
            try (NDManager manager = NDManager.newBaseManager(Device.cpu());
                    KernelModule module = KernelModule.link(manager, List.of(PRODUCT, PACKED));
                    NDArray x = manager.randomNormal(new Shape(ROWS, SIZE));
                    NDArray w = manager.randomNormal(new Shape(SIZE, SIZE));
                    NDArray packed = module.call(PACKED).tensor(w).run(manager)) {
                return seconds(module, x, w) > WORTHWHILE * seconds(module, x, packed);
            }
        }

        private static double seconds(KernelModule module, NDArray x, NDArray w) {
            double best = Double.MAX_VALUE;
            for (int i = 0; i <= TRIES; i++) {
                long start = System.nanoTime();
                try (Handle ignored = module.call(PRODUCT).tensor(x).tensor(w).runForHandle()) {
                    best = Math.min(best, (System.nanoTime() - start) / 1e9);
                }
            }
            return best;
        }
    }
}
