package io.github.lapidary.training.run;

import ai.djl.MalformedModelException;
import io.github.lapidary.data.HeldOutDataset;
import io.github.lapidary.kernel.format.MainMemory;
import java.io.IOException;
import java.time.Duration;

/**
 * What a run would take.
 *
 * @param parameters the number of weights
 * @param tokensPerUpdate how many tokens an update sees
 * @param updates how many there are
 * @param epochs how often each training token is seen on the average
 * @param memoryBytes about how much memory it takes
 * @param availableBytes how much there is now
 * @param tokensPerSecond how many tokens were trained on a second in a few updates
 * @param duration how long updates and validations would take at this speed
 */
public record RunEstimate(
        long parameters,
        long tokensPerUpdate,
        long updates,
        double epochs,
        long memoryBytes,
        long availableBytes,
        double tokensPerSecond,
        Duration duration) {

    private static final int MEASURED = 3; // updates

    /** Measuring only foretells: a pass forward of the three that an update is worth. */
    private static final double MEASURING = 1 / 3.0;

    /**
     * Makes a few updates of a run, of which nothing is kept; its folder is not touched.
     *
     * @throws IOException if a file cannot be read or does not fit the others, or if memory does
     *     not suffice
     * @throws MalformedModelException if a checkpoint does not fit the model
     */
    public static RunEstimate of(RunConfig config) throws IOException, MalformedModelException {
        RunData data = RunData.open(config);
        MemoryEstimate memory = MemoryEstimate.of(config, data.modelConfig());
        long available = MainMemory.available();
        memory.check(config, available);
        double seconds = 0;
        double tokens = 0;
        try (Learner learner = Learner.of(config, data)) {
            learner.update();
            for (int i = 0; i < MEASURED; i++) {
                long start = System.nanoTime();
                tokens += learner.update().map(Metrics::tokens).orElse(0L);
                seconds += (System.nanoTime() - start) / 1e9;
            }
        }
        double update = seconds / MEASURED;
        double run = update * config.steps();
        if (config.validation().isPresent()) {
            HeldOutDataset heldOut = data.heldOut().orElseThrow();
            double times = (double) config.steps() / config.validation().get().every();
            run += times * heldOut.batches() * MEASURING * update / config.accumulation();
        }
        double seen = (double) config.tokensPerUpdate() * config.steps();
        return new RunEstimate(
                memory.parameters(),
                config.tokensPerUpdate(),
                config.steps(),
                seen / data.trainingTokens(),
                memory.bytes(),
                available,
                tokens / seconds,
                Duration.ofSeconds(Math.round(run)));
    }
}
