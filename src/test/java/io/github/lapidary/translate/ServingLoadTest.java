package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.ChunkedBytesSupplier;
import ai.djl.inference.streaming.IteratorBytesSupplier;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.ZooModel;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.OpenResources;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.translate.Served.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that wait, are turned away, left, or lose their model. */
@Timeout(60)
class ServingLoadTest {

    private static final String LONG =
            "{\"inputs\": \"a\", \"stream\": %s,"
                    + " \"parameters\": {\"max_new_tokens\": 4096, \"ignore_eos_token\": true}}";
    private static final String LONG_CHAT =
            "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}], \"stream\": %s,"
                    + " \"max_tokens\": 4096, \"ignore_eos\": true}";

    @TempDir private Path folder;
    private Path prepared;
    private Served served;

    @BeforeEach
    void prepareAndLoad() throws Exception {
        prepared = folder.resolve("tiny");
        PreparedFolder.write(
                TinyModel.PATH,
                prepared,
                PreparedFolder.Placement.COPY,
                Map.of("dtype", "float32"));
        served = Served.load(prepared, Map.of("queue", "2"));
    }

    @AfterEach
    void close() {
        served.close();
        assertEquals(List.of(), ProcessMemory.mappings(prepared));
    }

    @ParameterizedTest
    @ValueSource(strings = {LONG, LONG_CHAT})
    void requestsWaitTheirTurnAndTooManyAreTurnedAway(String form) throws Exception {
        OpenResources open = OpenResources.of(served.own());
        List<Input> inputs = new ArrayList<>();
        List<Output> outputs = new ArrayList<>();
        for (int i = 0; i < 3; i++) { // one runs, two wait
            inputs.add(Served.input(form.formatted("false")));
            outputs.add(served.send(inputs.get(i)));
        }
        Output refused = served.send(Served.input(form.formatted("false")));
        assertEquals(429, refused.getCode());
        assertEquals("Too Many Requests", refused.getMessage());
        assertEquals("1", refused.getProperty("Retry-After", ""));
        JsonObject json = JsonParser.parseString(refused.getData().getAsString()).getAsJsonObject();
        String error = form.equals(LONG) ? json.get("error").toString() : json.toString();
        assertTrue(error.contains("2 requests wait already"), error);
        inputs.forEach(input -> input.setCancelled(true));
        for (Output output : outputs) {
            assertEquals(200, Answer.of(output).code());
        }
        assertEquals(200, served.ask("{\"inputs\": \"a\"}").code());
        open.assertUnchanged();
    }

    @ParameterizedTest
    @ValueSource(strings = {LONG, LONG_CHAT})
    void aModelClosedInMidStreamIsTheLastLine(String form) throws Exception {
        Output output = served.send(Served.input(form.formatted("true")));
        ChunkedBytesSupplier supplier = (ChunkedBytesSupplier) output.getData();
        supplier.nextChunk(30, TimeUnit.SECONDS);
        assertEquals(200, output.getCode());
        Output waiting = served.send(Served.input(form.formatted("false")));
        served.close();
        List<JsonObject> lines = Answer.of(output).lines();
        JsonObject last = lines.get(lines.size() - 1);
        JsonObject holder =
                form.equals(LONG)
                        ? last.getAsJsonObject("details")
                        : last.getAsJsonArray("choices").get(0).getAsJsonObject();
        assertEquals("error", holder.get("finish_reason").getAsString());
        assertTrue(last.get("error").toString().contains("The model was closed."), last::toString);
        assertUnavailable(Answer.of(waiting));
    }

    private static void assertUnavailable(Answer answer) {
        assertEquals(503, answer.code());
        assertEquals("application/json", answer.contentType());
        assertTrue(answer.text().contains("The model was closed."), answer::text);
    }

    @Test
    void clientsThatLeaveEndTheirGeneration() throws Exception {
        OpenResources open = OpenResources.of(served.own());
        Input input = Served.input(LONG.formatted("true"));
        Output output = served.send(input);
        ChunkedBytesSupplier supplier = (ChunkedBytesSupplier) output.getData();
        supplier.nextChunk(30, TimeUnit.SECONDS);
        input.setCancelled(true);
        List<JsonObject> rest = Answer.of(output).lines();
        assertTrue(rest.size() < 4000, () -> rest.size() + " lines");
        open.assertUnchanged();
    }

    @Test
    void generationsEndInTime() throws Exception {
        served.close();
        served = Served.load(prepared, Map.of("maxSeconds", "1", "maxNewTokens", "8000"));
        JsonObject answer =
                served.ask(
                                "{\"inputs\": \"a\", \"parameters\": {\"details\": true,"
                                        + " \"max_new_tokens\": 8000, \"ignore_eos_token\": true}}")
                        .json();
        JsonObject details = answer.getAsJsonObject("details");
        assertEquals("length", details.get("finish_reason").getAsString());
        assertTrue(details.get("generated_tokens").getAsInt() < 8000, details::toString);
    }

    /** DJL's own way to stream, which DJL Serving does not take. */
    @Test
    void streamingPredictGivesTheSameLines() throws Exception {
        String body = "{\"inputs\": \"one two\", \"stream\": true}";
        List<JsonObject> expected = served.ask(body).lines();
        try (ZooModel<Input, Output> model = TinyModel.loadServing("");
                Predictor<Input, Output> predictor = model.newPredictor()) {
            OpenResources open = OpenResources.of(TinyModel.inside(model));
            Output output = predictor.streamingPredict(Served.input(body)).getIterativeOutput();
            StringBuilder text = new StringBuilder();
            IteratorBytesSupplier parts = (IteratorBytesSupplier) output.getData();
            while (parts.hasNext()) {
                text.append(new String(parts.next(), StandardCharsets.UTF_8));
            }
            assertEquals(
                    expected,
                    text.toString()
                            .lines()
                            .map(line -> JsonParser.parseString(line).getAsJsonObject())
                            .toList());
            Output left = predictor.streamingPredict(Served.input(body)).getIterativeOutput();
            try (PulledAnswer answer = (PulledAnswer) left.getData()) {
                answer.next();
            }
            open.assertUnchanged();
            Output wrong = predictor.streamingPredict(Served.input("{}")).getIterativeOutput();
            assertEquals(400, wrong.getCode());
            Output two =
                    predictor
                            .streamingPredict(Served.input("{\"inputs\": [\"a\", \"b\"]}"))
                            .getIterativeOutput();
            assertEquals(400, two.getCode());
        }
    }
}
