package io.github.lapidary.kernel;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A set of kernels for one kind of processor.
 *
 * <p>The portable kernels run wherever the engine runs. Others replace single topics by faster ones
 * that not every build of the engine has.
 */
enum KernelVariant {
    /** Runs on every device and every build of the engine. */
    PORTABLE("", null),
    /** Packs bfloat16 weights as oneDNN likes them best; for CPUs. */
    ONEDNN("onednn/", PORTABLE),
    /** The same for CPUs that MKL, the engine's other library, was not made for. */
    ONEDNN_ALONE("alone/", ONEDNN);

    private static final Logger logger = LoggerFactory.getLogger(KernelVariant.class);
    private static final double LARGEST_RELATIVE_ERROR = 0.02;

    private final String folder;
    private final KernelVariant base; // whose topics it takes where it has none of its own

    KernelVariant(String folder, KernelVariant base) {
        this.folder = folder;
        this.base = base;
    }

    /** Returns where a topic may lie, the best place first. */
    List<String> resources(String topic) {
        return Stream.iterate(this, Objects::nonNull, variant -> variant.base)
                .map(variant -> variant.folder + topic + ".py")
                .toList();
    }

    /** Returns whether the variant was seen to work on such a device. */
    boolean runsOn(Device device) {
        return this == PORTABLE || of(device) != PORTABLE;
    }

    /** Returns the fastest variant that was seen to work on such a device. */
    static KernelVariant of(Device device) {
        return Device.Type.CPU.equals(device.getDeviceType()) ? CpuProbe.BEST : PORTABLE;
    }

    /** Probes once, on first use. */
    private static final class CpuProbe {

        private static final KernelVariant BEST = best();

        private static KernelVariant best() {
            if (!works(ONEDNN)) {
                return PORTABLE;
            }
            return ProcessorInfo.ofThisMachine().isIntel() ? ONEDNN : ONEDNN_ALONE;
        }

        /** Compares a packed bfloat16 product with a plain one. */
        private static boolean works(KernelVariant variant) {
            KernelMethod error = KernelMethod.of("probe.error").tensor("x").tensor("w").build();
            try (NDManager manager = KernelEngine.newManager(Device.cpu());
                    KernelModule module = KernelModule.link(manager, variant, List.of(error));
                    NDArray x = manager.randomNormal(new Shape(3, 64));
                    NDArray w = manager.randomNormal(new Shape(128, 64));
                    NDArray largest = module.call(error).tensor(x).tensor(w).run(manager)) {
                return largest.getFloat() < LARGEST_RELATIVE_ERROR;
            } catch (EngineException e) {
                logger.debug("The kernels {} do not run here.", variant, e);
                return false;
            }
        }
    }
}
