package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's configuration says of experts. */
class ExpertRunTest {

    @TempDir private Path folder;

    /** Returns what an update has dropped. */
    private double dropped(Path file, String name, String experts) throws Exception {
        List<String> overrides =
                List.of(
                        "model.config=" + folder.resolve("glam/config.json"),
                        "out=" + folder.resolve(name),
                        "steps=1",
                        experts);
        try (TrainingRun run = TrainingRun.open(RunConfig.read(file, overrides), false)) {
            run.run(RunListener.NONE);
        }
        return MetricsLog.ofFinished(folder.resolve(name)).get(0).dropped();
    }

    @Test
    void capacityAndGroupsAreThoseOfTheConfiguration() throws Exception {
        Path file = RunFixture.write(folder);
        RunFixture.writeExperts(folder);
        assertEquals(0, dropped(file, "free", "experts.compete=row"));
        double ofRows = dropped(file, "row", "experts.capacity_factor=0.5");
        double ofBatches = dropped(file, "batch", "experts={capacity_factor: 0.5, compete: batch}");
        assertTrue(ofRows > 0.1, "dropped " + ofRows);
        assertTrue(ofBatches > 0.1, "dropped " + ofBatches);
        assertNotEquals(ofRows, ofBatches);
    }
}
