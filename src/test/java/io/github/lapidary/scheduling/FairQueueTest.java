package io.github.lapidary.scheduling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.kernel.ModelClosedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose turn it is, and who is turned away. */
@Timeout(30)
class FairQueueTest {

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final List<Integer> order = Collections.synchronizedList(new ArrayList<>());

    /** A task is known by the length of its prompt. */
    private List<GenerationResult> run(List<GenerationRequest> requests) {
        try {
            begun.countDown();
            assertTrue(go.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        order.add(requests.get(0).prompt().length);
        return List.of();
    }

    private static List<GenerationRequest> task(int length) {
        return List.of(new GenerationRequest(new int[length], GenerationOptions.defaults()));
    }

    @Test
    void firstComeFirstServedAndNoMoreThanMayWait() throws Exception {
        try (FairQueue queue = new FairQueue(1, this::run)) {
            List<CompletableFuture<List<GenerationResult>>> futures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                futures.add(queue.submit(task(i), 3));
            }
            assertTrue(begun.await(20, TimeUnit.SECONDS));
            QueueFullException e =
                    assertThrows(QueueFullException.class, () -> queue.submit(task(9), 3));
            assertEquals(
                    "The model is busy and 3 requests wait already: try again later.",
                    e.getMessage());
            assertThrows(QueueFullException.class, () -> queue.submit(task(9), 0));
            futures.add(queue.submit(task(4), Integer.MAX_VALUE)); // who may wait longer, may
            go.countDown();
            for (CompletableFuture<List<GenerationResult>> future : futures) {
                future.get();
            }
            assertEquals(List.of(0, 1, 2, 3, 4), order);
            queue.submit(task(5), 0).get(); // there is room again
        }
    }

    @Test
    void whatIsNoTaskTakesNoPlace() throws Exception {
        go.countDown();
        try (FairQueue queue = new FairQueue(1, this::run)) {
            List<GenerationRequest> changed = new ArrayList<>(task(3));
            List<GenerationRequest> none = Collections.singletonList(null);
            assertThrows(NullPointerException.class, () -> queue.submit(none, 0));
            CompletableFuture<List<GenerationResult>> future = queue.submit(changed, 0);
            changed.clear();
            future.get();
            queue.submit(task(4), 0).get();
            assertEquals(List.of(3, 4), order);
        }
    }

    @Test
    void failuresReachWhoeverAskedAndNobodyElse() throws Exception {
        IllegalStateException failure = new IllegalStateException("the generator's");
        go.countDown();
        try (FairQueue queue =
                new FairQueue(
                        1,
                        requests -> {
                            if (requests.get(0).prompt().length == 1) {
                                throw failure;
                            }
                            return run(requests);
                        })) {
            CompletableFuture<List<GenerationResult>> failing = queue.submit(task(1), 9);
            CompletableFuture<List<GenerationResult>> other = queue.submit(task(2), 9);
            assertSame(failure, assertThrows(ExecutionException.class, failing::get).getCause());
            assertEquals(List.of(), other.get());
            queue.submit(task(3), 0).get(); // its place is free again
        }
    }

    @Test
    void aClosedQueueTakesNothing() {
        FairQueue queue = new FairQueue(1, this::run);
        queue.close();
        assertThrows(ModelClosedException.class, () -> queue.submit(task(1), 9));
    }
}
