package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.MeasuredProcess;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The memory of a process that trains. */
@Timeout(300)
class TrainingMemoryTest {

    private static final int SAMPLES = 120;

    /** The first runs fill caches of the engine. */
    private static final int WARM_UP = 40;

    private static final double LARGEST_BYTES_PER_RUN = 1024;

    @TempDir private Path folder;

    @BeforeEach
    void isMeasurable() {
        MeasuredProcess.needsLinux();
    }

    @Test
    void stepsLeaveNothingBehind() throws Exception {
        double[] bytes = MeasuredProcess.run(folder, TrainingRuns.class, Integer.toString(SAMPLES));
        assertEquals(SAMPLES, bytes.length);
        double perRun =
                MeasuredProcess.slope(Arrays.copyOfRange(bytes, WARM_UP, bytes.length))
                        / TrainingRuns.RUNS_PER_SAMPLE;
        assertTrue(
                perRun < LARGEST_BYTES_PER_RUN,
                () -> perRun + " bytes a run: " + Arrays.toString(bytes));
    }

    /**
     * The logits of {@link TrainingPeaks#TOKENS} tokens would take more than a gigabyte, and half
     * of that even as bfloat16.
     */
    @Test
    void peaksAreFarBelowThoseOfLogitsAndOfAllLayers() throws Exception {
        double[] peaks = MeasuredProcess.run(folder, TrainingPeaks.class);
        double few = peaks[0];
        double measured = peaks[1];
        double recomputed = peaks[2];
        double plain = peaks[3];
        String all = Arrays.toString(peaks);
        assertTrue(measured - few < TrainingPeaks.LOGITS / 6.0, all);
        assertTrue(recomputed - few < TrainingPeaks.LOGITS / 6.0, all);
        assertTrue(plain - few < TrainingPeaks.LOGITS / 2.0, all);
        assertTrue(plain - recomputed > TrainingPeaks.LAYER_INPUTS * 10.0, all);
    }
}
