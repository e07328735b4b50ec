package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.JavaProcess;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.training.run.RunResult.End;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that end before their time and go on end as if nothing had happened. */
class ResumedRunTest {

    private static final List<String> FILES =
            List.of(
                    "checkpoints/step-000000010/model.safetensors",
                    "checkpoints/step-000000012/model.safetensors",
                    "checkpoints/step-000000012/optimizer.safetensors",
                    "checkpoints/step-000000012/run.json",
                    "best/model.safetensors",
                    "model/model.safetensors");

    @TempDir private Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = RunFixture.write(folder);
    }

    private RunResult run(boolean resume, RunListener listener, List<String> overrides)
            throws Exception {
        try (TrainingRun run = TrainingRun.open(RunConfig.read(file, overrides), resume)) {
            return run.run(listener);
        }
    }

    private List<String> with(List<String> settings, String out) {
        List<String> overrides = new ArrayList<>(settings);
        overrides.add("out=" + folder.resolve(out));
        return overrides;
    }

    private void assertSame(String expected, String actual) throws IOException {
        for (String name : FILES) {
            assertArrayEquals(
                    Files.readAllBytes(folder.resolve(expected).resolve(name)),
                    Files.readAllBytes(folder.resolve(actual).resolve(name)),
                    name);
        }
        assertEquals(metrics(expected), metrics(actual));
    }

    /** Returns the metrics but for the speed. */
    private List<String> metrics(String out) throws IOException {
        return Files.readAllLines(folder.resolve(out).resolve("metrics.jsonl")).stream()
                .map(line -> line.replaceAll("\"tokens_per_second\":[^,}]*", ""))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "7, '', format=mixed recompute=true",
        "10, optimizer.safetensors, format=float32",
        "5, run.json, format=bfloat16",
    })
    void killedRunsEndAlike(long step, String part, String setting) throws Exception {
        assertKilledRunsEndAlike(step, part, List.of(setting.split(" ")));
    }

    /** Whose gates draw second experts and jitter. */
    @ParameterizedTest
    @CsvSource({"8, '', format=float32", "7, '', format=mixed recompute=true"})
    void killedRunsOfExpertsEndAlike(long step, String part, String setting) throws Exception {
        List<String> settings = new ArrayList<>(List.of(setting.split(" ")));
        settings.add(RunFixture.writeExperts(folder));
        assertKilledRunsEndAlike(step, part, settings);
    }

    private void assertKilledRunsEndAlike(long step, String part, List<String> settings)
            throws Exception {
        run(false, RunListener.NONE, with(settings, "whole"));
        List<String> arguments = new ArrayList<>(List.of(file.toString(), "" + step, part));
        arguments.addAll(with(settings, "killed"));
        assertEquals(HaltedRun.EXIT_CODE, JavaProcess.exitCode(folder, HaltedRun.class, arguments));
        assertFalse(Files.exists(folder.resolve("killed/model")));
        assertEquals(End.FINISHED, run(true, RunListener.NONE, with(settings, "killed")).end());
        assertSame("whole", "killed");
        try (var paths = Files.list(folder.resolve("killed/checkpoints"))) {
            assertEquals(2, paths.count());
        }
    }

    @Test
    void interruptedRunsSaveAndEndAlike() throws Exception {
        run(false, RunListener.NONE, with(List.of(), "whole"));
        RunResult result = run(false, new Interrupting(8), with(List.of(), "stopped"));
        assertFalse(Thread.interrupted());
        assertEquals(End.INTERRUPTED, result.end());
        assertEquals(folder.resolve("stopped/checkpoints/step-000000008"), result.folder());
        run(true, RunListener.NONE, with(List.of(), "stopped"));
        assertSame("whole", "stopped");
    }

    /** Interrupts the run after an update. */
    private record Interrupting(long step) implements RunListener {
        @Override
        public void updated(Metrics metrics) {
            if (metrics.step() == step) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void interruptsWhileSavingLoseNothing() throws Exception {
        run(false, RunListener.NONE, with(List.of(), "whole"));
        RunListener interrupting =
                new RunListener() {
                    @Override
                    public void saving(long step, Path part) {
                        if (step == 5 && part.endsWith(Learner.OPTIMIZER)) {
                            Thread.currentThread().interrupt();
                        }
                    }
                };
        RunListener once = new Once(interrupting);
        RunResult result = run(false, once, with(List.of(), "stopped"));
        assertEquals(End.INTERRUPTED, result.end());
        assertEquals(5, result.step());
        run(true, RunListener.NONE, with(List.of(), "stopped"));
        assertSame("whole", "stopped");
    }

    /** Hands on the first saving of a checkpoint only: its second attempt is left alone. */
    private static final class Once implements RunListener {

        private final RunListener listener;
        private boolean done;

        Once(RunListener listener) {
            this.listener = listener;
        }

        @Override
        public void saving(long step, Path part) {
            if (!done) {
                listener.saving(step, part);
                done = Thread.currentThread().isInterrupted();
            }
        }
    }

    @Test
    void fullDisksLeaveTheLastCheckpoint() throws Exception {
        run(false, RunListener.NONE, with(List.of(), "whole"));
        RunListener full =
                new RunListener() {
                    @Override
                    public void saving(long step, Path part) {
                        if (step == 10 && part.endsWith(Learner.OPTIMIZER)) {
                            throw new UncheckedIOException(
                                    new IOException("No space left on device"));
                        }
                    }
                };
        assertThrows(UncheckedIOException.class, () -> run(false, full, with(List.of(), "full")));
        try (var paths = Files.list(folder.resolve("full/checkpoints"))) {
            assertEquals(
                    List.of(folder.resolve("full/checkpoints/step-000000005")), paths.toList());
        }
        run(true, RunListener.NONE, with(List.of(), "full"));
        assertSame("whole", "full");
    }

    private List<String> notices(List<String> settings) throws Exception {
        List<String> notices = new ArrayList<>();
        RunListener noting =
                new RunListener() {
                    @Override
                    public void noticed(String message) {
                        notices.add(message);
                    }
                };
        run(true, noting, settings);
        return notices;
    }

    private byte[] weights(String path) throws IOException {
        return Files.readAllBytes(folder.resolve(path).resolve("model.safetensors"));
    }

    /** A run that was killed may have put a later model in place of the best one. */
    @Test
    void theBestModelIsThatOfTheCheckpoint() throws Exception {
        List<String> arguments = new ArrayList<>(List.of(file.toString(), "8", "run.json"));
        arguments.addAll(with(List.of("checkpoint.every=4"), "killed"));
        assertEquals(HaltedRun.EXIT_CODE, JavaProcess.exitCode(folder, HaltedRun.class, arguments));
        assertEquals(8, RunState.read(folder.resolve("killed/best")).step());

        assertEquals(List.of(), notices(with(List.of("steps=4"), "killed")));

        assertEquals(4, RunState.read(folder.resolve("killed/best")).step());
        assertArrayEquals(weights("killed/checkpoints/step-000000004"), weights("killed/best"));
    }

    @Test
    void aBestModelThatIsGoneIsChosenAnew() throws Exception {
        run(false, RunListener.NONE, with(List.of("steps=9", "checkpoint.every=9"), "run"));
        assertEquals(9, RunState.read(folder.resolve("run/best")).step());
        RunListener nextOne = new Interrupting(10);
        run(true, nextOne, with(List.of("steps=12"), "run"));
        Files.delete(folder.resolve("run/best/run.json"));
        assertEquals(
                List.of(
                        "the best model, of update 9, is chosen anew: the folder best no longer"
                                + " holds it"),
                notices(with(List.of("steps=12"), "run")));
    }

    /** Losses on different texts cannot be compared. */
    @Test
    void otherTextsHeldOutBeginAnew() throws Exception {
        String anew =
                "the best model, of update 8, is chosen anew: it was measured on other texts than"
                        + " are held out now";
        run(false, RunListener.NONE, with(List.of("steps=8"), "run"));
        String other = "validation.tokens=" + folder.resolve("short.tokens");
        assertEquals(List.of(anew), notices(with(List.of("steps=10", other), "run")));

        String none = "validation.tokens=null";
        run(false, RunListener.NONE, with(List.of("steps=8"), "without"));
        byte[] before = weights("without/model");
        RunResult result = run(true, RunListener.NONE, with(List.of("steps=10", none), "without"));
        assertEquals(Optional.empty(), result.best());
        assertFalse(Arrays.equals(before, weights("without/model")), "it is the last model");
    }

    @Test
    void runsWithoutMetricsAreNotTakenForNewOnes() throws Exception {
        run(false, RunListener.NONE, with(List.of("steps=5"), "run"));
        Files.delete(folder.resolve("run/metrics.jsonl"));
        assertThrows(
                FileAlreadyExistsException.class,
                () -> run(false, RunListener.NONE, with(List.of("steps=6"), "run")));
    }

    @Test
    void runsKilledInTheirFirstLineGoOn() throws Exception {
        Files.createDirectories(folder.resolve("run/checkpoints"));
        Files.writeString(folder.resolve("run/metrics.jsonl"), "{\"step\":1,\"lo");
        assertEquals(2, run(true, RunListener.NONE, with(List.of("steps=2"), "run")).step());
    }

    /** The end tokens of a new model are those that its generation_config.json states. */
    @Test
    void generationSettingsMayNameOtherEndTokens() throws Exception {
        Path shape = Tiny.copy("gemma3_mqa", folder.resolve("shape"), config -> {});
        Files.writeString(
                shape.resolve("generation_config.json"), "{\"eos_token_id\": [106, 1]}\n");
        String config = "model.config=" + shape.resolve("config.json");
        run(false, RunListener.NONE, with(List.of("steps=4", config), "run"));
        for (String saved : List.of("run/best", "run/model", "run/checkpoints/step-000000004")) {
            assertEquals(
                    List.of(106, 1),
                    Checkpoint.open(folder.resolve(saved)).config().specialTokens().eosTokenIds());
        }
    }

    @Test
    void runsThatWereReplacingTheBestModelGoOn() throws Exception {
        run(false, RunListener.NONE, with(List.of(), "whole"));
        run(false, RunListener.NONE, with(List.of("steps=8"), "moved"));
        Path best = folder.resolve("moved/best");
        Files.move(best, best.resolveSibling(".old-best"));
        Files.createDirectory(best.resolveSibling(".new-best"));
        try (TrainingRun run =
                TrainingRun.open(RunConfig.read(file, with(List.of("steps=8"), "moved")), true)) {
            assertTrue(Files.exists(best.resolve("model.safetensors")));
            assertFalse(Files.exists(best.resolveSibling(".new-best")));
        }
    }
}
