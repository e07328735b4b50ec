package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that ends while kernels run must not crash on code that its libraries have freed. */
class ShutdownTest {

    private static final int ENDED_BY_SIGTERM = 143;

    @TempDir private Path folder;

    @RepeatedTest(3)
    @Timeout(60)
    void endingTheProcessWaitsForTheRunningCall() throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dai.djl.offline=true",
                                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Busy.class.getName())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("busy", out.lines().filter("busy"::equals).findFirst().orElse("ended"));
            process.destroy();
            assertEquals(true, process.waitFor(30, TimeUnit.SECONDS));
            assertEquals(ENDED_BY_SIGTERM, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Multiplies bfloat16 matrices without end. */
    static final class Busy {

        private Busy() {}

        public static void main(String[] arguments) {
            KernelMethod packed = KernelMethod.of("probe.packed").tensor("w").build();
            KernelMethod product = KernelMethod.of("probe.product").tensor("x").tensor("w").build();
            NDManager manager = NDManager.newBaseManager();
            KernelModule module = KernelModule.link(manager, List.of(packed, product));
            NDArray x = manager.randomNormal(new Shape(16, 640));
            NDArray w =
                    module.call(packed)
                            .tensor(manager.randomNormal(new Shape(256, 640)))
                            .run(manager);
            for (long i = 0; ; i++) {
                module.call(product).tensor(x).tensor(w).runForHandle().close();
                if (i == 2_000) {
                    System.out.println("busy");
                }
            }
        }
    }
}
