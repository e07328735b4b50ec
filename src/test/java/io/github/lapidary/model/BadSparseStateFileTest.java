package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.Tiny;
import io.github.lapidary.file.Mutator;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged files of models with experts are refused, and nothing of them is left. */
class BadSparseStateFileTest {

    private static final int MUTANTS = 200;

    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({"glam, FLOAT32", "glam_alt, BFLOAT16"})
    void damagedOnesAreRefused(String name, WeightFormat format) throws Exception {
        LoadOptions options = LoadOptions.defaults().withFormat(format);
        try (LanguageModel model = LanguageModel.load(Tiny.path(name), options)) {
            NDManager manager = OpenResources.manager(model);
            Decoding decoding = new Decoding(model.block(), manager);
            Path good = folder.resolve("good");
            float[] expected;
            try (DecodingState state = decoding.start()) {
                decoding.feed(state, Tiny.ids(90));
                model.block().saveState(new Snapshot(state, Tiny.prompt(90), ""), good);
                expected = decoding.feed(state, 5, 6);
            }
            OpenResources open = OpenResources.of(model);
            byte[] bytes = Files.readAllBytes(good);
            Path bad = folder.resolve("bad");
            Mutator mutator = new Mutator(6);
            int refused = 0;
            for (int i = 0; i < MUTANTS; i++) {
                byte[] mutant = mutator.damage(bytes);
                if (!Arrays.equals(bytes, mutant)) {
                    Files.write(bad, mutant);
                    assertThrows(
                            IOException.class,
                            () -> model.block().restoreState(bad, manager),
                            "mutant " + i);
                    refused++;
                }
            }
            assertTrue(refused > MUTANTS / 2, "most mutants differ");
            try (Snapshot restored = model.block().restoreState(good, manager)) {
                assertArrayEquals(expected, decoding.feed(restored.state(), 5, 6));
            }
            open.assertUnchanged();
        }
    }
}
