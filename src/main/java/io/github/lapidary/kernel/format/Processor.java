package io.github.lapidary.kernel.format;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.kernel.Handle;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.ProcessorInfo;
import java.util.List;
import java.util.Set;

/** What this machine's processor is good at: what the system tells, or else what a try shows. */
public final class Processor {

    private static final KernelMethod PRODUCT =
            KernelMethod.of("probe.product").tensor("x").tensor("w").build();
    private static final KernelMethod PACKED = KernelMethod.of("probe.packed").tensor("w").build();

    /** Instructions that multiply bfloat16, by the names that Linux has for them. */
    private static final Set<String> OF_BFLOAT16 = Set.of("avx512_bf16", "amx_bf16", "bf16");

    private static final int SIZE = 768;
    private static final int ROWS = 64;
    private static final int TRIES = 20;
    private static final double WORTHWHILE = 1.5;

    private Processor() {}

    /**
     * Returns the format that a model gets when none is asked for: bfloat16 where the processor has
     * instructions for its products or, if the system does not tell, these are clearly faster than
     * those of float32.
     */
    public static WeightFormat preferredFormat(Device device) {
        if (device.isGpu()) {
            return WeightFormat.BFLOAT16;
        }
        return Cpu.GOOD_AT_BFLOAT16 ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32;
    }

    private static final class Cpu {

        private static final boolean GOOD_AT_BFLOAT16 =
                ProcessorInfo.ofThisMachine()
                        .features()
                        .map(features -> features.stream().anyMatch(OF_BFLOAT16::contains))
                        .orElseGet(Cpu::measure);

        private static boolean measure() {
            try (NDManager manager = KernelEngine.newManager(Device.cpu());
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
