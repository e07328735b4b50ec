package io.github.lapidary.scheduling;

import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Decides which generations of a model run when; it may be used from many threads. */
public interface Scheduler extends AutoCloseable {

    /**
     * Takes generations that belong together, to run them at once or when their turn comes.
     *
     * <p>They run, and their listeners hear of them, on a thread of the scheduler's. To end one,
     * use its request's cancellation; to cancel the future has no effect on it.
     *
     * @param requests the generations, such as the model itself would take
     * @param mostWaiting how many tasks may wait for their turn, this one included
     * @return the results, in the order of the requests, or why there are none
     * @throws QueueFullException if too many wait
     * @throws io.github.lapidary.kernel.ModelClosedException if the scheduler was closed
     */
    CompletableFuture<List<GenerationResult>> submit(
            List<GenerationRequest> requests, int mostWaiting);

    /** Takes no further generations; those it has will still be run, or fail with their model. */
    @Override
    void close();
}
