package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import io.github.lapidary.training.AdamW;
import io.github.lapidary.training.GradientSum;
import io.github.lapidary.training.NextTokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Where experts are, by how they lie in their file and how much memory there is. Those of the
 * fixtures lie expert by expert: none of a kind follow each other, but their distances are equal.
 */
class ExpertPlacementTest {

    private static final long PLENTY = 1L << 40;

    @TempDir private Path folder;

    private static LoadedModel load(
            Path path, WeightFormat format, ExpertPlacement placement, long memory)
            throws Exception {
        NDManager manager = NDManager.newBaseManager();
        try {
            return new LoadedModel(
                    manager,
                    CheckpointLoader.load(
                            Checkpoint.open(path),
                            manager,
                            format,
                            placement,
                            ProgressListener.NONE,
                            () -> memory));
        } catch (Exception e) {
            manager.close();
            throw e;
        }
    }

    private static ExpertPlan plan(
            Path path, WeightFormat format, ExpertPlacement placement, long memory)
            throws Exception {
        Checkpoint checkpoint = Checkpoint.open(path);
        CausalLanguageModel model = Models.of(checkpoint.config());
        try (NDManager manager = NDManager.newBaseManager();
                Tensors tensors = new Tensors(manager);
                WeightBuilder builder =
                        new WeightBuilder(tensors, format, manager.getDevice(), () -> memory)) {
            return ExpertPlan.of(TensorPlan.of(checkpoint, model), builder, placement);
        }
    }

    /** Writes a fixture with its experts in the order of their kinds, as this library does. */
    private Path stacked(String name, WeightFormat format, StoredType type) throws Exception {
        Path target = folder.resolve("stacked");
        try (LoadedModel loaded = LoadedModel.load(Tiny.path(name), format)) {
            CheckpointWriter.write(
                    loaded.model(), GenerationDefaults.NONE, target, WriteOptions.of(type));
        }
        return target;
    }

    /** Writes a fixture with one expert's matrix behind all others; both kinds of a layer move. */
    private Path scattered(String name) throws IOException {
        TinyFolder tiny = new TinyFolder(name);
        String moved = "model.layers.2.moe.experts.3.wi.weight";
        tiny.tensors.put(moved, tiny.tensors.remove(moved));
        return tiny.write(folder.resolve("scattered"));
    }

    private static Set<String> parameters(int... layers) {
        return IntStream.of(layers)
                .boxed()
                .flatMap(
                        layer ->
                                Stream.of("wi", "wo")
                                        .map(kind -> "layers." + layer + ".moe.experts." + kind))
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @CsvSource({"glam, FLOAT32, 0, 2", "glam_alt, BFLOAT16, 1, 3"})
    void expertsStayInTheirFileWhereMemoryHasNoRoom(
            String name, WeightFormat format, int layer, int other) throws Exception {
        Path path = Tiny.path(name);
        Set<String> all = parameters(layer, other);
        assertEquals(
                new ExpertPlan(false, all), plan(path, format, ExpertPlacement.AUTOMATIC, 1000));
        assertEquals(
                new ExpertPlan(true, Set.of()),
                plan(path, format, ExpertPlacement.AUTOMATIC, PLENTY));
        assertEquals(
                new ExpertPlan(false, all), plan(path, format, ExpertPlacement.IN_FILE, PLENTY));
        assertEquals(
                new ExpertPlan(true, Set.of()), plan(path, format, ExpertPlacement.PACKED, 1000));
        Path stacked =
                stacked(
                        name,
                        format,
                        format == WeightFormat.FLOAT32 ? StoredType.F32 : StoredType.BF16);
        assertEquals(
                new ExpertPlan(false, all), plan(stacked, format, ExpertPlacement.AUTOMATIC, 1000));
        assertEquals(
                new ExpertPlan(true, all),
                plan(stacked, format, ExpertPlacement.AUTOMATIC, PLENTY));
    }

    /** A model is packed only if weights in both layouts take no more than most of the memory. */
    @Test
    void roomIsForBothLayouts() throws Exception {
        Path path = Tiny.path("glam_alt");
        CausalLanguageModel model = Models.of(Checkpoint.open(path).config());
        long bytes = 0;
        for (Map.Entry<String, Parameter> entry : model.parametersByPath().entrySet()) {
            String name = entry.getKey();
            boolean isFloat32 =
                    name.contains("norm") || name.contains("gate.w") || name.contains("bias");
            boolean isExpert = name.contains("experts");
            bytes += entry.getValue().getShape().size() * (isFloat32 || isExpert ? 4 : 2);
        }
        long enough = (long) Math.ceil(bytes / 0.8);
        WeightFormat format = WeightFormat.BFLOAT16;
        assertTrue(plan(path, format, ExpertPlacement.AUTOMATIC, enough).packs());
        assertEquals(
                new ExpertPlan(false, parameters(1, 3)),
                plan(path, format, ExpertPlacement.AUTOMATIC, enough - 2));
    }

    /** In one pass, token by token, and as the reference computes them. */
    @ParameterizedTest
    @CsvSource({"glam, FLOAT32", "glam_alt, FLOAT32", "glam_alt, BFLOAT16"})
    void whatLiesApartComputesTheSame(String name, WeightFormat format) throws Exception {
        boolean isStored = format == WeightFormat.BFLOAT16 || name.equals("glam");
        Path path = isStored ? Tiny.path(name) : folder.resolve("float32");
        if (!isStored) {
            TinyFolder tiny = new TinyFolder(Tiny.path(name));
            Path written = stacked(name, format, StoredType.F32);
            TinyFolder wide = new TinyFolder(written);
            tiny.tensors.replaceAll((tensor, stored) -> wide.tensors.get(tensor));
            tiny.write(path);
        }
        try (LoadedModel copied = load(path, format, ExpertPlacement.AUTOMATIC, PLENTY);
                LoadedModel apart = load(path, format, ExpertPlacement.AUTOMATIC, 1000)) {
            Path stacked = folder.resolve("in-order");
            CheckpointWriter.write(
                    copied.model(),
                    GenerationDefaults.NONE,
                    stacked,
                    WriteOptions.of(
                            format == WeightFormat.FLOAT32 ? StoredType.F32 : StoredType.BF16));
            try (LoadedModel ordered = load(stacked, format, ExpertPlacement.IN_FILE, 1000)) {
                for (int tokens : new int[] {1, 2, 40}) {
                    assertArrayEquals(
                            ordered.logits(Tiny.ids(tokens)), apart.logits(Tiny.ids(tokens)));
                }
            }
            if (format == WeightFormat.FLOAT32) {
                apart.assertGolden(Tiny.path(name).resolve("golden.safetensors"));
            }
        }
    }

    /** Bit for bit, and recognised as the same model. */
    @ParameterizedTest
    @CsvSource({"glam, FLOAT32, F32", "glam_alt, BFLOAT16, BF16"})
    void whatLiesApartIsSavedAsItIs(String name, WeightFormat format, StoredType type)
            throws Exception {
        Path path = Tiny.path(name);
        Path state = folder.resolve("state");
        Path saved = folder.resolve("saved");
        try (LoadedModel apart = load(path, format, ExpertPlacement.IN_FILE, PLENTY);
                LoadedModel copied = load(path, format, ExpertPlacement.PACKED, PLENTY)) {
            CheckpointWriter.write(
                    apart.model(), GenerationDefaults.NONE, saved, WriteOptions.of(type));
            try (DecodingState empty = copied.model().newState(copied.manager())) {
                copied.model().saveState(new Snapshot(empty, new int[0], ""), state);
            }
            apart.model().restoreState(state, apart.manager()).close();
        }
        assertEquals(
                new TreeMap<>(new TinyFolder(path).tensors),
                new TreeMap<>(new TinyFolder(saved).tensors));
    }

    @ParameterizedTest
    @CsvSource({
        "glam, FLOAT32, 245760, F32, ', scattered', layers.2.moe.experts.wi",
        "glam, BFLOAT16, 245760, F32, '', layers.0.moe.experts.wi"
    })
    void expertsThatCannotStayAreCopiedWhereMemoryHasRoom(
            String name, WeightFormat format, long needed, String found, String how, String where)
            throws Exception {
        Path path = scattered(name);
        String problem =
                path.resolve("model.safetensors")
                        + ": the experts of "
                        + where
                        + " cannot stay in their file: expected "
                        + format
                        + " on a processor, at equal distances; found "
                        + found
                        + how
                        + ".";
        String advice = " Load and save the model once where memory has room for it.";
        assertRefused(problem + advice, path, format, ExpertPlacement.IN_FILE, PLENTY);
        assertRefused(
                "%s Copies of such experts need %d bytes of memory; %d are available.%s"
                        .formatted(problem, needed, needed - 1, advice),
                path,
                format,
                ExpertPlacement.AUTOMATIC,
                needed - 1);
        try (LoadedModel copied = load(path, format, ExpertPlacement.AUTOMATIC, needed);
                LoadedModel wished = load(path, format, ExpertPlacement.PACKED, 0)) {
            ExpertPlan plan = plan(path, format, ExpertPlacement.AUTOMATIC, needed);
            assertTrue(!plan.packs() && !plan.inFile().contains(where), plan::toString);
            if (format == WeightFormat.FLOAT32) {
                copied.assertGolden(Tiny.path(name).resolve("golden.safetensors"));
                wished.assertGolden(Tiny.path(name).resolve("golden.safetensors"));
            }
        }
    }

    private static void assertRefused(
            String message,
            Path path,
            WeightFormat format,
            ExpertPlacement placement,
            long memory) {
        assertEquals(
                message,
                assertThrows(IOException.class, () -> load(path, format, placement, memory).close())
                        .getMessage());
    }

    /** Experts of several files are copied, too. */
    @Test
    void thoseOfSeveralFilesAreScattered() throws Exception {
        Path path = new TinyFolder("glam").write(folder.resolve("shards"), config -> {}, 60_000);
        IOException refusal =
                assertThrows(
                        IOException.class,
                        () -> plan(path, WeightFormat.FLOAT32, ExpertPlacement.AUTOMATIC, 1000));
        assertTrue(refusal.getMessage().contains("found F32, scattered."), refusal::getMessage);
        try (LoadedModel loaded =
                load(path, WeightFormat.FLOAT32, ExpertPlacement.AUTOMATIC, PLENTY)) {
            loaded.assertGolden(Tiny.path("glam").resolve("golden.safetensors"));
        }
    }

    /** The engine's update takes weights for whole, and would write what lies between. */
    @Test
    void whatLiesApartIsNotTrained() throws Exception {
        try (LoadedModel apart =
                        load(
                                Tiny.path("glam"),
                                WeightFormat.FLOAT32,
                                ExpertPlacement.IN_FILE,
                                PLENTY);
                AdamW optimizer = AdamW.builder(apart.model().parametersByPath()).build();
                GradientSum sum = new GradientSum(apart.model())) {
            NDArray ids = apart.manager().create(new long[][] {Tiny.ids(9)});
            sum.add(new NDList(ids), NextTokens.labels(ids));
            EngineException e = assertThrows(EngineException.class, () -> optimizer.step(sum));
            assertTrue(e.getMessage().contains("load the model with experts in memory"));
            apart.assertGolden(Tiny.path("glam").resolve("golden.safetensors"));
        }
    }
}
