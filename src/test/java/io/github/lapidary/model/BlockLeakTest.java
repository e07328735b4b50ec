package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.MeasuredProcess;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The memory of a process that uses models as blocks of DJL. */
@Timeout(300)
class BlockLeakTest {

    private static final int SAMPLES = 200;

    /** The first runs fill caches of the engine. */
    private static final int WARM_UP = 60;

    private static final double LARGEST_BYTES_PER_RUN = 512;

    @TempDir private Path folder;

    @Test
    void passesAndGradientsLeaveNothingBehind() throws Exception {
        MeasuredProcess.needsLinux();
        double[] bytes = MeasuredProcess.run(folder, BlockRuns.class, Integer.toString(SAMPLES));
        assertEquals(SAMPLES, bytes.length);
        double perRun =
                MeasuredProcess.slope(Arrays.copyOfRange(bytes, WARM_UP, bytes.length))
                        / BlockRuns.RUNS_PER_SAMPLE;
        assertTrue(
                perRun < LARGEST_BYTES_PER_RUN,
                () -> perRun + " bytes a run: " + Arrays.toString(bytes));
    }
}
