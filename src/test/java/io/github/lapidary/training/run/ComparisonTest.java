package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Tiny;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {

    private static final List<Integer> SEEDS = List.of(1, 2);

    @TempDir private Path folder;

    private Path dense;
    private Path sparse;
    private Path out;

    @BeforeEach
    void write() throws IOException {
        Path file = RunFixture.write(folder);
        String text = Files.readString(file).replace("steps: 12", "steps: 8");
        dense = Files.writeString(folder.resolve("dense.yaml"), text);
        sparse = withConfig("sparse", Tiny.path("glam").resolve("config.json"));
        out = folder.resolve("all");
    }

    private Path withConfig(String name, Path config) throws IOException {
        String text = Files.readString(dense);
        return Files.writeString(
                folder.resolve(name + ".yaml"),
                text.replaceFirst("config: .*", "config: " + config + "}"));
    }

    private Comparison open(String... overrides) throws IOException {
        return Comparison.open(List.of(dense, sparse), SEEDS, out, Arrays.asList(overrides));
    }

    /** Takes down what it hears, and interrupts the thread in an update of a run. */
    private static final class Witness implements ComparisonListener {
        private final List<String> heard = new ArrayList<>();
        private final int interruptedRun;
        private int run;

        Witness(int interruptedRun) {
            this.interruptedRun = interruptedRun;
        }

        @Override
        public void next(ComparedRun next, int number, int count) {
            run = number;
            heard.add("%d/%d %s %d".formatted(number, count, next.name(), next.seed()));
        }

        @Override
        public void started(long step, long steps) {
            heard.add("%d of %d".formatted(step, steps));
        }

        @Override
        public void updated(Metrics metrics) {
            if (run == interruptedRun && metrics.step() == 3) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void whatIsFinishedStaysAndWhatWasInterruptedGoesOn() throws Exception {
        Witness first = new Witness(3);
        assertFalse(open().run(first));
        assertFalse(Thread.currentThread().isInterrupted());
        assertEquals(
                List.of("1/4 dense 1", "0 of 8", "2/4 sparse 1", "0 of 8", "3/4 dense 2", "0 of 8"),
                first.heard);
        assertEquals(
                List.of(1),
                open().results().get(0).runs().stream().map(FinishedRun::seed).toList());

        Witness second = new Witness(0);
        assertTrue(open().run(second));
        assertEquals(
                List.of(
                        "1/4 dense 1",
                        "2/4 sparse 1",
                        "3/4 dense 2",
                        "3 of 8",
                        "4/4 sparse 2",
                        "0 of 8"),
                second.heard);

        Witness third = new Witness(0);
        assertTrue(open().run(third));
        assertEquals(4, third.heard.size(), third.heard.toString());
        List<ComparisonResult> results = open().results();
        assertEquals(alone(2), results.get(0).runs().get(1).last());
        assertNotEquals(results.get(0).runs().get(0).last(), results.get(0).runs().get(1).last());
    }

    /** Trains the dense configuration without a comparison. */
    private Quality alone(int seed) throws Exception {
        RunConfig config =
                RunConfig.read(dense, List.of("seed=" + seed, "out=" + folder.resolve("alone")));
        try (TrainingRun run = TrainingRun.open(config, false)) {
            run.run(RunListener.NONE);
        }
        return FinishedRun.of(seed, MetricsLog.ofFinished(config.out())).last();
    }

    @Test
    void resultsAreThoseOfTheRuns() throws Exception {
        assertTrue(open("validation.every=2").run(ComparisonListener.NONE));
        Comparison comparison = open("validation.every=2");
        ComparisonResult result = comparison.results().get(1);
        assertEquals("sparse", result.name());
        assertTrue(result.size().activatedParameters() < result.size().totalParameters());
        List<Metrics> metrics = MetricsLog.ofFinished(out.resolve("sparse/seed-2"));
        assertEquals(metrics.get(7).heldOut().orElseThrow(), result.runs().get(1).last());
        assertEquals(
                metrics.stream().mapToLong(Metrics::tokens).sum(), result.runs().get(1).tokens());
        assertEquals(
                Spread.of(result.runs().stream().mapToDouble(run -> run.last().loss())),
                result.loss());

        comparison.writeCurves(comparison.results());
        List<String> table = Files.readAllLines(out.resolve("comparison.csv"));
        assertEquals(1 + 2 * 4, table.size(), table.toString());
        String[] last = table.get(8).split(",", -1);
        assertEquals("sparse", last[0]);
        assertEquals("8", last[1]);
        assertEquals(result.loss().mean(), Double.parseDouble(last[4]));
        assertEquals(result.loss().deviation().orElseThrow(), Double.parseDouble(last[5]));
        assertEquals(
                ComparisonCurves.WIDTH,
                ImageIO.read(out.resolve("comparison.png").toFile()).getWidth());
    }

    @Test
    void spreadsAreOfASample() {
        Spread spread = Spread.of(DoubleStream.of(4, 1, 2));
        assertEquals(7 / 3.0, spread.mean());
        assertEquals(Math.sqrt(7 / 3.0), spread.deviation().orElseThrow(), 1e-15);
        assertEquals(1, spread.least());
        assertEquals(4, spread.most());
        assertTrue(Spread.of(DoubleStream.of(3)).deviation().isEmpty());
    }

    @Test
    void runsOfOtherSettingsAreNotMixedIn() throws Exception {
        Comparison.open(List.of(dense), List.of(1), out, List.of("steps=4"))
                .run(ComparisonListener.NONE);
        String message =
                assertThrows(
                                MalformedFileException.class,
                                () -> Comparison.open(List.of(dense), List.of(1), out, List.of()))
                        .getMessage();
        assertEquals(
                out.resolve("dense/seed-1/run.yaml")
                        + ": the run was begun with steps: 4, which is 8 now; take another folder"
                        + " for the comparison, or remove this run's.",
                message);
    }

    @Test
    void modelsOfOtherShapesAreNotMixedIn() throws Exception {
        Path model =
                Tiny.copy(RunFixture.SHAPE, folder.resolve("model"), json -> {})
                        .resolve("config.json");
        List<Path> files = List.of(withConfig("own", model));
        Comparison.open(files, List.of(1), out, List.of("steps=1")).run(ComparisonListener.NONE);
        Files.writeString(
                model,
                Files.readString(model)
                        .replaceFirst("\"intermediate_size\": *\\d+", "\"intermediate_size\": 96"));
        String message =
                assertThrows(
                                MalformedFileException.class,
                                () -> Comparison.open(files, List.of(1), out, List.of("steps=1")))
                        .getMessage();
        assertTrue(message.contains("expected intermediate_size 96, found 128"), message);
    }

    @Test
    void everythingIsCheckedBeforeTheFirstRun() throws Exception {
        Path broken = withConfig("broken", folder.resolve("none.json"));
        assertThrows(
                IOException.class,
                () -> Comparison.open(List.of(dense, broken), SEEDS, out, List.of()));
        Path blind =
                Files.writeString(
                        folder.resolve("blind.yaml"),
                        Files.readString(dense).replaceFirst("validation: .*", ""));
        assertRefused(
                MalformedFileException.class,
                blind + ": validation.tokens is missing; models are compared on texts held out.",
                List.of(blind),
                SEEDS,
                List.of());
        assertRefused(
                IllegalArgumentException.class,
                "Expected different seeds, one or more; found [1, 1].",
                List.of(dense),
                List.of(1, 1),
                List.of());
        assertRefused(
                IllegalArgumentException.class,
                "Expected different configurations, by the names of their files, one or more;"
                        + " found [dense, dense].",
                List.of(dense, folder.resolve("other/dense.yaml")),
                SEEDS,
                List.of());
        assertRefused(
                IllegalArgumentException.class,
                "A comparison sets seed itself; found [seed=3].",
                List.of(dense),
                SEEDS,
                List.of("seed=3"));
        assertFalse(Files.exists(out));
    }

    private void assertRefused(
            Class<? extends Exception> type,
            String message,
            List<Path> files,
            List<Integer> seeds,
            List<String> overrides) {
        assertEquals(
                message,
                assertThrows(type, () -> Comparison.open(files, seeds, out, overrides))
                        .getMessage());
    }
}
