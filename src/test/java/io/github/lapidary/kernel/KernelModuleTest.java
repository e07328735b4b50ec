package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KernelModuleTest {

    private static final KernelMethod LINEAR =
            KernelMethod.of("linear.project_alone").tensor("x").weights("w", List.of(1)).build();
    private static final KernelMethod SLOW =
            KernelMethod.of("testing.slow")
                    .tensor("x")
                    .weights("w", List.of(1))
                    .integers("rounds")
                    .build();
    private static final KernelMethod MISMATCHED =
            KernelMethod.of("testing.mismatched").tensor("x").build();

    private NDManager manager;
    private KernelModule module;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        module = KernelModule.link(manager, List.of(LINEAR, SLOW, MISMATCHED));
    }

    @AfterEach
    void close() {
        assertEquals(0, module.openHandles());
        manager.close();
        assertTrue(module.isClosed());
        assertEquals(0, module.keptHandles());
    }

    private Weights weights(float... numbers) {
        return new Weights(List.of(List.of(manager.create(numbers, new Shape(1, 2)))));
    }

    private float product(Weights weights) {
        try (NDArray x = manager.create(new float[] {10, 100}, new Shape(1, 2));
                NDArray y = module.call(LINEAR).tensor(x).weights(weights).run(manager)) {
            return y.getFloat();
        }
    }

    @Test
    void argumentsInAnotherOrderAreRefused() {
        KernelCall call = module.call(LINEAR);
        assertEquals(
                "linear.project_alone takes TENSOR at place 0, not WEIGHTS.",
                assertThrows(IllegalArgumentException.class, () -> call.weights(weights(1, 2)))
                        .getMessage());
        call.tensor(manager.create(1f)).weights(weights(1, 2));
        assertEquals(
                "linear.project_alone takes no more arguments at place 2, not INTEGERS.",
                assertThrows(IllegalArgumentException.class, () -> call.integers(1)).getMessage());
    }

    @Test
    void methodsThatWereNotLinkedAreRefused() {
        KernelMethod other = KernelMethod.of("norm.rms_norm").tensor("x").build();
        assertEquals(
                "norm.rms_norm was not linked.",
                assertThrows(IllegalArgumentException.class, () -> module.call(other))
                        .getMessage());
    }

    @Test
    void errorsShowTheKernelsFileAndLine() {
        try (NDArray x = manager.create(new float[] {1, 2})) {
            EngineException e =
                    assertThrows(
                            EngineException.class,
                            () -> module.call(MISMATCHED).tensor(x).run(manager));
            assertTrue(e.getMessage().contains("code/__torch__/testing.py\", line 9"), e::toString);
            assertTrue(e.getMessage().contains("x + torch.ones([x.numel() + 1])"), e::toString);
        }
    }

    @Test
    void aKernelThatIsNoTorchScriptLeavesNothingInTheManager() {
        KernelMethod unknown = KernelMethod.of("testing.unheard_of").tensor("x").build();
        String before = manager.toString();
        assertThrows(EngineException.class, () -> KernelModule.link(manager, List.of(unknown)));
        assertEquals(before, manager.toString());
    }

    @Test
    void closingTwiceAndClosingByTheManagerAreAlike() {
        String before = manager.toString();
        KernelModule other = KernelModule.link(manager, List.of(LINEAR));
        assertFalse(other.isClosed());
        other.close();
        other.close();
        assertTrue(other.isClosed());
        assertEquals(before, manager.toString(), "nothing of it is left in the manager");
        NDArray x = manager.create(1f);
        assertThrows(ModelClosedException.class, () -> other.call(LINEAR).tensor(x).run(manager));
        assertThrows(ModelClosedException.class, other::lease);
    }

    /** Also where their handle was kept. */
    @Test
    void callsAfterClosingFailWithANamedError() {
        Weights weights = weights(1, 2);
        assertEquals(210, product(weights));
        Weights unused = weights(3, 4);
        module.close();
        assertThrows(ModelClosedException.class, () -> product(weights));
        assertThrows(ModelClosedException.class, () -> product(unused));
    }

    @Test
    void aLeaseHoldsOffClosing() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<?> closing;
            try (KernelModule.Lease lease = module.lease()) {
                closing = thread.submit(module::close);
                Thread.sleep(20);
                assertFalse(closing.isDone());
                assertEquals(210, product(weights(1, 2)));
            }
            closing.get(10, TimeUnit.SECONDS);
            assertTrue(module.isClosed());
        } finally {
            thread.shutdown();
        }
    }

    @Test
    void whoHoldsTheModuleOpenCannotCloseIt() {
        try (KernelModule.Lease lease = module.lease()) {
            assertEquals(
                    "A model cannot be closed by what it runs.",
                    assertThrows(IllegalStateException.class, module::close).getMessage());
        }
        assertFalse(module.isClosed());
    }

    @Test
    void retiredWeightsAreFreedAndStillWork() {
        Weights weights = weights(1, 2);
        assertEquals(210, product(weights));
        assertEquals(210, product(weights));
        assertEquals(1, module.keptHandles());
        weights.retire();
        assertEquals(0, module.keptHandles());
        assertEquals(210, product(weights));
        assertEquals(0, module.keptHandles());
    }

    /** Ends are counted, so that one of many calls with weights that are retired frees them. */
    @Test
    void weightsMayBeRetiredWhileTheyAreUsed() throws Exception {
        Weights weights = new Weights(List.of(List.of(manager.randomNormal(new Shape(200, 200)))));
        List<Future<float[]>> results = start(4, () -> slow(weights, 30));
        Thread.sleep(5);
        weights.retire();
        for (Future<float[]> result : results) {
            assertArrayEquals(results.get(0).get(), result.get());
        }
        assertEquals(0, module.keptHandles());
    }

    private float[] slow(Weights weights, int rounds) {
        try (NDManager own = NDManager.newBaseManager();
                NDArray x = own.ones(new Shape(4, 200))) {
            return module.call(SLOW)
                    .tensor(x)
                    .weights(weights)
                    .integers(rounds)
                    .run(own)
                    .toFloatArray();
        }
    }

    private static <T> List<Future<T>> start(int threads, Callable<T> task) throws Exception {
        ExecutorService service = Executors.newFixedThreadPool(threads);
        CountDownLatch ready = new CountDownLatch(threads);
        List<Future<T>> results = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            results.add(
                    service.submit(
                            () -> {
                                ready.countDown();
                                return task.call();
                            }));
        }
        service.shutdown();
        assertTrue(ready.await(10, TimeUnit.SECONDS));
        return results;
    }

    /** Threads call without end; each ends by the named error, and none takes the process down. */
    @RepeatedTest(20)
    @Timeout(60)
    void closingEndsTheCallsOfOtherThreadsWithANamedError() throws Exception {
        Weights weights = new Weights(List.of(List.of(manager.randomNormal(new Shape(200, 200)))));
        List<Future<Void>> callers =
                start(
                        4,
                        () -> {
                            while (true) {
                                slow(weights, 2);
                            }
                        });
        Thread.sleep(3);
        module.close();
        for (Future<Void> caller : callers) {
            assertInstanceOf(
                    ModelClosedException.class,
                    assertThrows(ExecutionException.class, caller::get).getCause());
        }
    }
}
