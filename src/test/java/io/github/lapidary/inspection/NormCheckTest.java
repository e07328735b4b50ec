package io.github.lapidary.inspection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.RealModels;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.inspection.TensorScan.Scanned;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Norms that are off by one, where training has left anything in their weights. */
class NormCheckTest {

    private static final int LAYERS = 4;

    private static Scanned scanned(String name, float[] weights) {
        TensorEntry entry =
                new TensorEntry(
                        name, StoredType.F32, List.of((long) weights.length), Path.of("x"), 0);
        TensorStatistics statistics = new TensorStatistics();
        NormStatistics norm = new NormStatistics();
        statistics.add(weights, weights.length);
        norm.add(weights, weights.length);
        return new Scanned(entry, statistics, Optional.of(norm));
    }

    private static float[] shifted(float[] weights, float shift) {
        float[] result = weights.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] += shift;
        }
        return result;
    }

    /** Norms of all layers whose weights are drawn alike. */
    private static List<Scanned> layers(float shift, Supplier<Float> source) {
        List<Scanned> norms = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            float[] weights = new float[256];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = source.get() + shift;
            }
            norms.add(scanned("model.layers." + layer + ".input_layernorm.weight", weights));
        }
        return norms;
    }

    private static String found(List<Scanned> norms) {
        List<Finding> findings = NormCheck.findings(norms);
        return findings.isEmpty() ? "" : findings.get(0).what();
    }

    private static void assertShiftsAreFound(Supplier<Float> source) {
        assertEquals("", found(layers(0, source)));
        assertEquals(
                "Norm weights look as if 1 had been added to them already.",
                found(layers(1, source)));
        assertEquals("Norm weights look as if 1 had been taken off.", found(layers(-1, source)));
    }

    @Test
    void weightsAboutZeroMayNotBeAboutOne() {
        Random random = new Random(1);
        assertShiftsAreFound(() -> (float) random.nextGaussian() * 0.3f);
    }

    @Test
    void largeAndSkewWeightsAreSoundUntilTheyAreShifted() {
        // Factors from 0 on, with a long tail, as released checkpoints have them.
        Random random = new Random(2);
        assertShiftsAreFound(() -> (float) Math.exp(2.5 * random.nextGaussian() + 2) - 1);
    }

    @Test
    void weightsOfTrainingsStartSayNothing() {
        assertEquals("", found(layers(0, () -> 0f)));
    }

    @Test
    void lastNormMayBeAnything() {
        Random random = new Random(3);
        List<Scanned> norms = layers(0, () -> (float) random.nextGaussian() * 0.3f);
        for (float value : new float[] {-2, 1, 40}) {
            norms.add(scanned("model.norm.weight", new float[] {value, value, value}));
        }

        assertEquals("", found(norms));
    }

    @Test
    void nothingIsSaidOfNothing() {
        assertEquals("", found(List.of()));
    }

    @Test
    @Tag("real")
    void realNormsAreSoundUntilTheyAreShifted() throws IOException {
        Gguf gguf = Gguf.read(RealModels.file("gemma-3-270m-q4_k_m.gguf"));
        List<List<Scanned>> shifts =
                List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        try (TensorReader reader = new TensorReader(gguf)) {
            for (TensorEntry entry : gguf.tensors().values()) {
                if (entry.name().contains("norm")) {
                    float[] weights = new float[Math.toIntExact(entry.elements())];
                    reader.readFloats(entry, 0, FloatBuffer.wrap(weights));
                    for (int i = 0; i < shifts.size(); i++) {
                        shifts.get(i).add(scanned(entry.name(), shifted(weights, i - 2)));
                    }
                }
            }
        }

        assertEquals("Norm weights look as if 1 had been taken off.", found(shifts.get(0)));
        assertEquals("", found(shifts.get(1)));
        assertEquals(
                "Norm weights look as if 1 had been added to them already.", found(shifts.get(2)));
    }
}
