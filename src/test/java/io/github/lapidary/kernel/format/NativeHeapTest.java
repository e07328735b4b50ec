package io.github.lapidary.kernel.format;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.ProcessMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NativeHeapTest {

    /** A last array keeps the C library from giving back those before it by itself. */
    @Test
    void whatIsFreeGoesBackToTheSystem() {
        assumeFalse(
                ProcessMemory.mappings(Path.of("libc.so.6")).isEmpty(),
                "the C library is not glibc");
        List<NDArray> arrays = new ArrayList<>();
        try (NDManager manager = NDManager.newBaseManager()) {
            for (int i = 0; i < 4000; i++) {
                arrays.add(manager.ones(new Shape(16_000))); // 64 kB
            }
            NDArray last = manager.ones(new Shape(16_000));
            arrays.forEach(NDArray::close);
            long before = ProcessMemory.privateBytes();
            NativeHeap.trim();
            long after = ProcessMemory.privateBytes();
            assertTrue(before - after > 200L << 20, before + " bytes became " + after);
            assertTrue(last.getFloat(15_999) == 1);
        }
    }
}
