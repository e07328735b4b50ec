package io.github.lapidary.training.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.data.WeightSchedule;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.training.run.LearningRate.Schedule;
import io.github.lapidary.training.run.RunConfig.Competing;
import io.github.lapidary.training.run.RunConfig.Competing.Within;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunConfigTest {

    private static final String LEAST =
            """
            out: run
            model: {config: config.json}
            tokenizer: tokenizer
            data: {sources: [{tokens: a.tokens}]}
            """;

    @TempDir private Path folder;

    private RunConfig read(String text, String... overrides) throws IOException {
        Path file = Files.writeString(folder.resolve("train.yaml"), text);
        return RunConfig.read(file, List.of(overrides));
    }

    @Test
    void thePageHasEveryKeyWithWhatStandsForIt() throws IOException {
        Map<String, String> written = new LinkedHashMap<>();
        Pattern.compile("(?m)^\\| `([a-z_.]+)` \\| (?:`([^`]*)`)?[^|]*\\| [^|]+\\|$")
                .matcher(Files.readString(Path.of("docs/training.md")))
                .results()
                .forEach(row -> written.put(row.group(1), String.valueOf(row.group(2))));
        Map<String, String> known = new LinkedHashMap<>();
        Arrays.stream(RunKey.values())
                .forEach(key -> known.put(key.toString(), key.standard().orElse("null")));
        assertEquals(known, written);
    }

    @Test
    void littleIsToBeSaid() throws IOException {
        RunConfig config = read(LEAST);
        assertEquals(512 * 8, config.tokensPerUpdate());
        assertEquals("a.tokens", config.sources().get(0).name());
        assertEquals(
                new LearningRate(1e-3, 100, 1e-4, Schedule.COSINE, 1000), config.learningRate());
        assertTrue(config.validation().isEmpty());
        assertEquals(config, read(config.text()));
    }

    @Test
    void overridesTakeThePlaceOfWhatTheFileSays() throws IOException {
        RunConfig config =
                read(
                        LEAST,
                        "learning_rate={peak: 3e-4, final: 0}",
                        "learning_rate.warmup=7",
                        "betas=[0, 0.5]",
                        "data.sources=[{name: a, tokens: b, weight: [[0, 1], [10, 2e0]]}]",
                        "validation.tokens=held out.tokens");
        assertEquals(new LearningRate(3e-4, 7, 0, Schedule.COSINE, 1000), config.learningRate());
        assertEquals(0, config.beta1());
        assertEquals(
                new WeightSchedule(
                        List.of(new WeightSchedule.Point(0, 1), new WeightSchedule.Point(10, 2))),
                config.sources().get(0).weight());
        assertEquals(Path.of("held out.tokens"), config.validation().orElseThrow().tokens());
        assertThrows(IllegalArgumentException.class, () -> read(LEAST, "steps"));
    }

    @Test
    void expertsHaveACapacityAndGroups() throws IOException {
        assertEquals(new Competing(OptionalDouble.empty(), Within.ROW), read(LEAST).experts());
        RunConfig config = read(LEAST, "experts={capacity_factor: 1.25, compete: batch}");
        assertEquals(new Competing(OptionalDouble.of(1.25), Within.BATCH), config.experts());
        assertEquals(config, read(config.text()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "learning_rate.peek=1 | there is no key learning_rate.peek; the nearest are"
                        + " learning_rate.peak, ",
                "steps=0 | steps: expected a whole number, 1 or more, found 0.",
                "steps=1.5 | steps: expected a whole number, 1 or more, found 1.5.",
                "clip_norm=0 | clip_norm: expected a number above 0, found 0.0.",
                "weight_decay=.nan | weight_decay: expected a number, 0 or more, found NaN.",
                "betas=[0.9, 1] | betas: expected two numbers from 0 to below 1, found [0.9, 1].",
                "format=float16 | format: expected one of [float32, mixed, bfloat16],"
                        + " found float16.",
                "experts.capacity_factor=0 | experts.capacity_factor: expected a number above 0,"
                        + " found 0.0.",
                "experts.compete=token | experts.compete: expected one of [row, batch], found"
                        + " token.",
                "experts.compet=row | there is no key experts.compet; the nearest are"
                        + " experts.compete, ",
                "recompute=often | recompute: expected true or false, found often.",
                "model.from=a | model: expected either model.from, a checkpoint, or model.config,",
                "data.sources=[] | data.sources: expected a list of sources, found [].",
                "data.sources=[{token: a}] | data.sources[0]: expected name, tokens and weight,",
                "data.sources=[{name: a}] | data.sources[0].tokens: expected a path, found null.",
                "data.sources=[{tokens: a}, {tokens: b/a}] | data.sources: expected different",
                "data.sources=[{tokens: a, weight: [[3, 1], [2, 1]]}] | data.sources[0].weight:"
                        + " expected ascending updates",
                "data.sources=[{tokens: a, weight: -1}] | data.sources[0].weight: expected a number",
                "out={a | this is no YAML:",
                "out= | out is missing.",
            })
    void whatIsNotPossibleIsNamed(String override, String problem) {
        MalformedFileException failure =
                assertThrows(MalformedFileException.class, () -> read(LEAST, override));
        assertTrue(
                failure.getMessage().startsWith(folder.resolve("train.yaml") + ": " + problem),
                failure.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"'a: 1\na: 2'", "'!!javax.script.ScriptEngineManager [x]'", "just text"})
    void filesThatAreNoConfigurationsAreRefused(String text) {
        assertThrows(MalformedFileException.class, () -> read(text));
    }

    @Test
    void learningRatesGoUpAndDown() {
        LearningRate cosine = new LearningRate(1, 10, 0.2, Schedule.COSINE, 110);
        assertEquals(0.1, cosine.at(1), 1e-12);
        assertEquals(1, cosine.at(10), 1e-12);
        assertEquals(0.6, cosine.at(60), 1e-12);
        assertEquals(0.2, cosine.at(110), 1e-12);
        assertEquals(0.2, cosine.at(1000), 1e-12);
        assertEquals(0.8, new LearningRate(1, 0, 0, Schedule.LINEAR, 10).at(2), 1e-12);
        assertEquals(1, new LearningRate(1, 0, 0, Schedule.CONSTANT, 10).at(10), 1e-12);
        assertFalse(Double.isNaN(new LearningRate(1, 10, 0, Schedule.COSINE, 10).at(10)));
    }
}
