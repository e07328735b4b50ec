package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.RandomWeights;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UpcycleCommandTest {

    @TempDir private Path folder;
    private Path dense;

    @BeforeEach
    void makeDenseModel() throws IOException {
        Path source = Path.of(tiny("glam"));
        JsonObject json =
                JsonParser.parseString(Files.readString(source.resolve("config.json")))
                        .getAsJsonObject();
        json.addProperty("num_experts", 0);
        ModelConfig config =
                ModelConfigReader.readFile(
                        Files.writeString(folder.resolve("dense.json"), json.toString()));
        dense = folder.resolve("dense");
        try (NDManager manager = NDManager.newBaseManager()) {
            CausalLanguageModel model =
                    RandomWeights.model(config, manager, WeightFormat.FLOAT32, 5);
            CheckpointWriter.write(
                    model,
                    GenerationDefaults.NONE,
                    dense,
                    WriteOptions.of(StoredType.F32).withTokenizerFolder(source));
        }
    }

    private CommandLineRun upcycle(String model, String... options) {
        String[] arguments = new String[options.length + 5];
        System.arraycopy(options, 0, arguments, 5, options.length);
        String[] first = {
            "upcycle", "--model", model, "--out", folder.resolve("sparse").toString()
        };
        System.arraycopy(first, 0, arguments, 0, 5);
        return CommandLineRun.of(arguments);
    }

    private static long[] greedy(Path model) {
        CommandLineRun run =
                CommandLineRun.of(
                        "generate",
                        "--model",
                        model.toString(),
                        "--dtype",
                        "float32",
                        "--ignore-eos",
                        "--max-new-tokens",
                        "16",
                        "--json",
                        "some words");
        return CommandLineRun.longs(run.line().get("ids"));
    }

    @Test
    void theSparseModelWritesWhatTheDenseOneDoes() {
        CommandLineRun run = upcycle(dense.toString(), "--experts", "6", "--every", "3");
        Path sparse = folder.resolve("sparse");

        assertEquals(sparse + "\n", run.result());
        assertArrayEquals(greedy(dense), greedy(sparse));
        JsonObject config =
                CommandLineRun.of("inspect", "--model", sparse.toString(), "--json")
                        .line()
                        .getAsJsonObject("config");
        assertEquals(6, config.get("num_experts").getAsInt());
        assertEquals(3, config.get("moe_layer_freq").getAsInt());
        assertTrue(config.get("expert_gated").getAsBoolean());
    }

    /** Experts that were saved can stay there; those that are stored in another type cannot. */
    @Test
    void expertsAreWhereTheyAreWanted() throws IOException {
        Path sparse = Path.of(upcycle(dense.toString(), "--experts", "4").result().strip());
        String text = generated(sparse.toString(), "in_file").result();
        assertEquals(text, generated(sparse.toString(), "automatic").result());

        CommandLineRun converted = generated(tiny("glam_alt"), "in_file");
        assertEquals(1, converted.exitCode());
        assertTrue(converted.err().contains("cannot stay in their file"), converted.err());
        CommandLineRun unknown = generated(tiny("glam"), "there");
        assertEquals(2, unknown.exitCode());
        assertTrue(unknown.err().contains("[AUTOMATIC, PACKED, IN_FILE]"), unknown.err());

        String[] prepare = {
            "prepare",
            "--model",
            sparse.toString(),
            "--expert-placement",
            "in_file",
            folder.resolve("served").toString()
        };
        CommandLineRun.of(prepare).result();
        String properties = Files.readString(folder.resolve("served/serving.properties"));
        assertTrue(properties.lines().anyMatch("expertPlacement=in_file"::equals), properties);
    }

    /** Each refuses experts of another type in their file, so each asks where they are to be. */
    @ParameterizedTest
    @ValueSource(strings = {"score --ids 2,5,7", "bench --reps 1", "inspect --routing --ids 2,5"})
    void commandsHeedWhereExpertsAreWanted(String command) {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.addAll(List.of("--model", tiny("glam_alt"), "--dtype", "float32"));
        arguments.addAll(List.of("--expert-placement", "in_file"));
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertEquals(1, run.exitCode());
        assertTrue(run.err().contains("cannot stay in their file"), run.err());
    }

    private static CommandLineRun generated(String model, String experts) {
        return CommandLineRun.of(
                "generate",
                "--model",
                model,
                "--dtype",
                "float32",
                "--expert-placement",
                experts,
                "--max-new-tokens",
                "8",
                "some words");
    }

    @Test
    void whatCannotBeMadeIsWrongUse() {
        CommandLineRun tooFew = upcycle(dense.toString(), "--experts", "1");
        assertEquals(2, tooFew.exitCode());
        assertTrue(
                tooFew.err().startsWith("lapidary: numExperts: expected at least 2, found 1."),
                tooFew.err());
        CommandLineRun otherFamily = upcycle(tiny("gemma2"), "--experts", "4");
        assertEquals(2, otherFamily.exitCode());
        assertTrue(
                otherFamily.err().startsWith("lapidary: Only a dense glam can be made sparse"),
                otherFamily.err());
        assertFalse(Files.exists(folder.resolve("sparse")));
    }
}
