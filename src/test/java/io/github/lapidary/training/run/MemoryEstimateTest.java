package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.ModelConfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryEstimateTest {

    /** What a number of each token of 8 rows of 512 takes, with those around it. */
    private static final double NUMBER = 1.65 * 4 * 8 * 512;

    private static final double SPARSE_LAYERS = 2;

    @TempDir private Path folder;

    private MemoryEstimate ofExperts(String key, int number) throws IOException {
        JsonObject json =
                JsonParser.parseString(Files.readString(Tiny.path("glam").resolve("config.json")))
                        .getAsJsonObject();
        json.addProperty(key, number);
        Path file = Files.writeString(folder.resolve("config.json"), json.toString());
        Path run =
                Files.writeString(
                        folder.resolve("train.yaml"),
                        """
                        out: run
                        model: {config: config.json}
                        tokenizer: tokenizer
                        data: {sources: [{tokens: a.tokens}]}
                        """);
        return MemoryEstimate.of(RunConfig.read(run, List.of()), ModelConfigReader.readFile(file));
    }

    /** More experts are more weights, but a token is multiplied with two of them all the same. */
    @Test
    void tokensTakeTwoExperts() throws IOException {
        MemoryEstimate eight = ofExperts("num_experts", 8);
        MemoryEstimate many = ofExperts("num_experts", 400);
        // Of each token the probabilities of all.
        assertEquals(392 * NUMBER * SPARSE_LAYERS, activations(eight, many), 1e5);
        MemoryEstimate wide = ofExperts("moe_intermediate_size", 4096);
        assertEquals((4096 - 80) * 2 * 2 * NUMBER * SPARSE_LAYERS, activations(eight, wide), 1e5);
    }

    /** Returns how much more one takes beside weights, gradients and moments. */
    private static double activations(MemoryEstimate one, MemoryEstimate other) {
        return other.bytes() - one.bytes() - 16 * (other.parameters() - one.parameters());
    }
}
