package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.KernelParameters;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What tells models apart. */
class FingerprintTest {

    @TempDir private Path folder;
    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private String fingerprint(CausalLanguageModel model) {
        return Fingerprint.of(model, model.link(manager), manager);
    }

    private CausalLanguageModel load(Path path, WeightFormat format) throws Exception {
        return CheckpointLoader.load(Checkpoint.open(path), manager, format, ProgressListener.NONE);
    }

    @Test
    void isThatOfTheModelWhereverItIsLoadedFrom() throws Exception {
        Path copy = Tiny.copy("gemma2_bf16", folder.resolve("copy"), config -> {});
        for (WeightFormat format : WeightFormat.values()) {
            assertEquals(
                    fingerprint(Tiny.load("gemma2_bf16", manager, format)),
                    fingerprint(load(copy, format)));
        }
    }

    @Test
    void othersHaveOthers() throws Exception {
        Path copy = Tiny.copyWithContext("gemma2_bf16", folder.resolve("copy"), 500);
        Set<String> all = new HashSet<>();
        all.add(fingerprint(Tiny.load("gemma2_bf16", manager, WeightFormat.BFLOAT16)));
        all.add(fingerprint(Tiny.load("gemma2_bf16", manager)));
        all.add(fingerprint(load(copy, WeightFormat.FLOAT32)));
        all.add(fingerprint(Tiny.load("gemma2", manager)));
        assertEquals(4, all.size());
    }

    /** No state depends on which tokens end a text. */
    @Test
    void specialTokensDoNotMatter() throws Exception {
        Path copy =
                Tiny.copy(
                        "gemma2",
                        folder.resolve("copy"),
                        config -> config.addProperty("pad_token_id", 3));
        assertEquals(
                fingerprint(Tiny.load("gemma2", manager)),
                fingerprint(load(copy, WeightFormat.FLOAT32)));
    }

    /** Of 1,024 rows and more one element each is taken, and all columns have their turn. */
    @Test
    void everyColumnOfAnEmbeddingIsSampled() {
        try (KernelModule kernels = KernelModule.link(manager, List.of(Fingerprint.method()));
                NDArray columns = manager.arange(64f).reshape(1, 64);
                NDArray embedding = columns.repeat(0, 4096);
                NDArray sample =
                        kernels.call(Fingerprint.method())
                                .tensor(embedding)
                                .integers(1024)
                                .run(manager)) {
            Set<Float> sampled = new HashSet<>();
            for (float column : sample.toFloatArray()) {
                sampled.add(column);
            }
            assertEquals(64, sampled.size());
        }
    }

    /** Each weight counts: adapters may be merged into any, and nothing else change. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma3_mqa", "recurrentgemma"})
    void everyWeightChangesIt(String name) throws Exception {
        CausalLanguageModel model = Tiny.load(name, manager);
        Set<String> all = new HashSet<>(Set.of(fingerprint(model)));
        Map<String, Parameter> parameters = model.parametersByPath();
        for (Parameter parameter : parameters.values()) {
            KernelParameters.replace(parameter, parameter.getArray().mul(1.01f));
            all.add(fingerprint(model));
        }
        assertEquals(1 + parameters.size(), all.size());
    }

    /** On processors without a layout of their own this compares a matrix with itself. */
    @Test
    void layoutsDoNotMatter() {
        try (Tensors tensors = new Tensors(manager);
                KernelModule kernels = KernelModule.link(manager, List.of(Fingerprint.method()));
                NDArray numbers = manager.randomNormal(new Shape(70, 50));
                NDArray plain = tensors.joined(List.of(numbers), WeightFormat.BFLOAT16);
                NDArray packed = tensors.packed(plain)) {
            float[] column = sample(kernels, plain);
            assertEquals(70, column.length);
            assertArrayEquals(column, sample(kernels, packed));
            assertFalse(sample(kernels, numbers)[0] == column[0]);
            assertEquals(numbers.getFloat(69, 25), column[69], 0.01 * Math.abs(column[69]));
        }
    }

    private float[] sample(KernelModule kernels, NDArray matrix) {
        try (NDArray sample =
                kernels.call(Fingerprint.method()).tensor(matrix).integers(0).run(manager)) {
            return sample.toFloatArray();
        }
    }
}
