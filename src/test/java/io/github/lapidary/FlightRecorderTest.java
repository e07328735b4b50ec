package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java Flight Recorder shows what a model did, and how long it took. */
class FlightRecorderTest {

    @TempDir private Path folder;

    @Test
    void showsTheLoadingAndEachPass() throws Exception {
        Path file = folder.resolve("events.jfr");
        LoadOptions float32 = LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);
        int promptTokens;
        long parameters;
        try (Recording recording = new Recording()) {
            recording.enable("io.github.lapidary.Load");
            recording.enable("io.github.lapidary.Pass");
            recording.start();
            try (LanguageModel model = LanguageModel.load(Tiny.path("gemma2"), float32)) {
                GenerationOptions three =
                        GenerationOptions.builder().maxNewTokens(3).ignoreEos(true).build();
                promptTokens = model.generate("some words", three).promptTokens();
                parameters =
                        model.block().parametersByPath().values().stream()
                                .mapToLong(parameter -> parameter.getShape().size())
                                .sum();
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        RecordedEvent load = named(events, "io.github.lapidary.Load").get(0);
        assertEquals(Tiny.path("gemma2").toString(), load.getString("path"));
        assertEquals("float32", load.getString("format"));
        assertEquals(parameters, load.getLong("parameters"));
        assertTrue(load.getDuration().toNanos() > 0);
        List<RecordedEvent> passes = named(events, "io.github.lapidary.Pass");
        assertEquals(
                List.of(promptTokens, 1, 1),
                passes.stream().map(pass -> pass.getInt("tokens")).toList());
        assertTrue(passes.stream().allMatch(pass -> pass.getInt("sequences") == 1));
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
    }
}
