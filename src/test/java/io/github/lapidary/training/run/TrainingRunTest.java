package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.data.DocumentSet;
import io.github.lapidary.data.HeldOutDataset;
import io.github.lapidary.data.TokenFile;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.training.Validation;
import io.github.lapidary.training.run.RunResult.End;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingRunTest {

    @TempDir private Path folder;

    private Path file;
    private final List<Metrics> heard = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        file = RunFixture.write(folder);
    }

    private RunConfig config(String... overrides) throws IOException {
        return RunConfig.read(file, List.of(overrides));
    }

    private TrainingRun open(boolean resume, String... overrides) throws Exception {
        return TrainingRun.open(config(overrides), resume);
    }

    private RunResult run(String... overrides) throws Exception {
        try (TrainingRun run = open(false, overrides)) {
            return run.run(
                    new RunListener() {
                        @Override
                        public void updated(Metrics metrics) {
                            heard.add(metrics);
                        }
                    });
        }
    }

    private Path out(String name) {
        return folder.resolve("run").resolve(name);
    }

    @Test
    void runsLearnAndLeaveWhatTheyPromise() throws Exception {
        RunResult result = run("steps=30", "learning_rate.peak=0.005");
        assertEquals(End.FINISHED, result.end());
        assertEquals(30, heard.size());
        assertTrue(result.loss() < heard.get(0).loss() - 1, heard.toString());

        List<JsonObject> lines =
                Files.readAllLines(out("metrics.jsonl")).stream()
                        .map(line -> JsonParser.parseString(line).getAsJsonObject())
                        .toList();
        assertEquals(heard, lines.stream().map(Metrics::fromJson).toList());
        List<String> table = Files.readAllLines(out("metrics.csv"));
        assertEquals(31, table.size());
        assertEquals(heard.get(11).toCsv(), table.get(12));
        assertEquals(table.get(0).split(",").length, table.get(12).split(",").length);
        BufferedImage curves = ImageIO.read(out("curves.png").toFile());
        assertEquals(Curves.WIDTH, curves.getWidth());
        assertEquals(
                config("steps=30", "learning_rate.peak=0.005"),
                RunConfig.read(out("run.yaml"), List.of()));

        Quality best = result.best().orElseThrow();
        assertEquals(
                heard.stream()
                        .flatMap(each -> each.heldOut().stream())
                        .mapToDouble(Quality::loss)
                        .min()
                        .orElseThrow(),
                best.loss());
        // What was loaded is multiplied in another layout, whose sums have another order.
        assertEquals(best.loss(), lossOf(out("best")), 1e-7);
        assertEquals(best.loss(), lossOf(out("model")), 0.02); // rounded to bfloat16
        try (LanguageModel model = LanguageModel.load(result.folder())) {
            assertFalse(model.generate("It was").isEmpty());
        }
    }

    private double lossOf(Path path) throws Exception {
        HeldOutDataset heldOut =
                new HeldOutDataset(
                        DocumentSet.of(TokenFile.open(folder.resolve("held-out.tokens"))), 24, 2);
        try (LanguageModel model =
                LanguageModel.load(path, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32))) {
            return Validation.loss(model.block(), heldOut).mean();
        }
    }

    @Test
    void checkpointsAreTrainedOn() throws Exception {
        String from = "model={from: " + Tiny.path("recurrentgemma") + "}";
        run(from, "steps=2", "learning_rate={peak: 1e-30}", "learning_rate.warmup=0");
        double first = heard.get(0).loss();
        heard.clear();
        run(from, "steps=1", "seed=4", "out=" + folder.resolve("other"));
        assertNotEquals(first, heard.get(0).loss());
        assertArrayEquals(
                Files.readAllBytes(Tiny.path(RunFixture.SHAPE).resolve("tokenizer.json")),
                Files.readAllBytes(out("model/tokenizer.json")));
        try (NDManager manager = NDManager.newBaseManager()) {
            Map<String, Parameter> origin = Tiny.load("recurrentgemma", manager).parametersByPath();
            CheckpointLoader.load(
                            Checkpoint.open(out("checkpoints/step-000000002")),
                            manager,
                            WeightFormat.FLOAT32,
                            ProgressListener.NONE)
                    .parametersByPath()
                    .forEach((name, trained) -> assertNear(origin.get(name), trained, name));
        }
    }

    private static void assertNear(Parameter expected, Parameter actual, String name) {
        assertArrayEquals(
                expected.getArray().toFloatArray(), actual.getArray().toFloatArray(), 1e-7f, name);
    }

    @Test
    void runsEndEarlyWhenNothingGetsBetter() throws Exception {
        RunResult result =
                run(
                        "learning_rate={peak: 1e-30}",
                        "validation.every=1",
                        "early_stop.patience=3",
                        "steps=100");
        assertEquals(End.STOPPED_EARLY, result.end());
        assertEquals(4, result.step());
        assertEquals(1, result.bestStep());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | After update 3 the weights embed_tokens.weight are not finite.",
                "9 | The loss of update 4 is NaN. The gradient of embed_tokens.weight is not finite",
            })
    void numbersThatAreNoneEndARunAtItsLastGoodCheckpoint(int every, String problem)
            throws Exception {
        run("steps=2", "validation.every=100");
        String[] overrides = {
            "learning_rate={peak: 1e38, warmup: 0}",
            "checkpoint.every=" + every,
            "validation.every=100"
        };
        try (TrainingRun run = open(true, overrides)) {
            String message =
                    assertThrows(IllegalStateException.class, () -> run.run(RunListener.NONE))
                            .getMessage();
            assertTrue(message.startsWith(problem), message);
            Path last = out("checkpoints/step-000000002");
            assertTrue(message.endsWith(" The last good checkpoint is " + last + "."), message);
        }
        try (TrainingRun run = open(true, "steps=3")) {
            assertEquals(3, run.run(RunListener.NONE).step());
        }
    }

    @Test
    void foldersOfRunsAreNotOverwritten() throws Exception {
        run("steps=1");
        assertRefused(folder.resolve("run") + ": it holds a run; resume that", false);
        try (TrainingRun open = open(true, "steps=2")) {
            assertRefused(folder.resolve("run") + " is in use by another run.", true);
            assertEquals(2, open.run(RunListener.NONE).step());
        }
        assertRefused(
                folder.resolve("none") + ": there is no run to be resumed in it",
                true,
                "out=" + folder.resolve("none"));
    }

    @Test
    void whatDoesNotFitACheckpointIsNamed() throws Exception {
        run("steps=1");
        Path last = out("checkpoints/step-000000001");
        assertRefused(last + ": the run was saved with other data, seed or sizes:", true, "seed=4");
        Path other =
                Tiny.copy(
                        RunFixture.SHAPE,
                        folder.resolve("wider"),
                        json -> json.addProperty("intermediate_size", 96));
        assertRefused(
                last
                        + ": the checkpoint is of another model: expected intermediate_size 96,"
                        + " found 128; [intermediate_size] differ.",
                true,
                "model={config: " + other.resolve("config.json") + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "data.sequence_length=40000 | the model takes 32768 tokens; data.sequence_length"
                        + " is 40000.",
                "batch_size=80000000 | A batch of 80000000 rows of 24 tokens of a model of",
                "tokenizer=src/test/resources/data/tokenizer | another tokenizer made it, with 582 tokens",
                "validation.tokens=none.tokens | there is no such token file",
                "data.sources=[{tokens: pom.xml}] | it is no token file",
            })
    void whatDoesNotFitTogetherIsRefusedBeforeAnythingIsWritten(String override, String problem) {
        Exception failure = assertThrows(IOException.class, () -> open(false, override));
        assertTrue(failure.getMessage().contains(problem), failure.getMessage());
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void damagedTokensAreFoundBeforeAnythingIsWritten() throws Exception {
        Path file = folder.resolve("held-out.tokens");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        Exception failure = assertThrows(IOException.class, () -> open(false));
        assertTrue(failure.getMessage().contains("damaged"), failure.getMessage());
        assertFalse(Files.exists(folder.resolve("run")));
    }

    /** Gemma 3's tokenizer has a token of images, which the model of texts alone has not. */
    @Test
    void tokenizersMayHaveTokensThatNoTextHas() throws Exception {
        int largest = TokenFile.open(folder.resolve("long.tokens")).largestId();
        for (int vocabulary : new int[] {largest + 1, largest}) {
            Path smaller =
                    Tiny.copy(
                            RunFixture.SHAPE,
                            folder.resolve("smaller" + vocabulary),
                            json -> json.addProperty("vocab_size", vocabulary));
            String[] overrides = {
                "model={config: " + smaller.resolve("config.json") + "}",
                "data.sources=[{tokens: " + folder.resolve("long.tokens") + "}]",
                "validation.tokens=" + folder.resolve("long.tokens"),
                "steps=1"
            };
            if (vocabulary > largest) {
                assertEquals(1, run(overrides).step());
            } else {
                IOException failure = assertThrows(IOException.class, () -> open(false, overrides));
                String problem = "it has the token " + largest + "; the model's vocabulary has ";
                assertTrue(failure.getMessage().contains(problem), failure.getMessage());
            }
        }
    }

    private void assertRefused(String message, boolean resume, String... overrides) {
        Exception failure = assertThrows(IOException.class, () -> open(resume, overrides).close());
        assertTrue(failure.getMessage().startsWith(message), failure.getMessage());
    }
}
