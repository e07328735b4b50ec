package io.github.lapidary.translate;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.inference.streaming.ChunkedBytesSupplier;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.LanguageModel;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A prepared folder, loaded and asked as DJL Serving does it. */
final class Served implements AutoCloseable {

    private final ZooModel<Input, Output> model;
    private final Predictor<Input, Output> predictor;

    private Served(ZooModel<Input, Output> model) {
        this.model = model;
        this.predictor = model.newPredictor();
    }

    /**
     * Loads a folder: the server reads serving.properties first, and gives its keys to the criteria
     * as options or arguments.
     */
    static Served load(Path folder, Map<String, String> further) throws Exception {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve("serving.properties"))) {
            properties.load(reader);
        }
        properties.putAll(further);
        Map<String, String> options = new TreeMap<>();
        Map<String, Object> arguments = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith("option.")) {
                options.put(name.substring("option.".length()), properties.getProperty(name));
            } else {
                arguments.put(name, properties.getProperty(name));
            }
        }
        return new Served(
                Criteria.builder()
                        .setTypes(Input.class, Output.class)
                        .optModelUrls(folder.toUri().toString())
                        .optModelName(folder.getFileName().toString())
                        .optEngine(properties.getProperty("engine"))
                        .optArguments(arguments)
                        .optOptions(options)
                        .optDevice(Device.cpu())
                        .build()
                        .loadModel());
    }

    LanguageModel own() {
        return TinyModel.inside(model);
    }

    GenerativeBlock block() {
        return (GenerativeBlock) model.getBlock();
    }

    /** Sends a body; the answer is filled from then on. */
    Output send(Input input) throws Exception {
        return sendAll(List.of(input)).get(0);
    }

    /** Sends a batch, as the server's workers do. */
    List<Output> sendAll(List<Input> inputs) throws Exception {
        return predictor.batchPredict(inputs);
    }

    static Input input(String body) {
        Input input = new Input();
        input.addProperty("Content-Type", "application/json");
        input.add("data", body.getBytes(StandardCharsets.UTF_8));
        return input;
    }

    Answer ask(String body) throws Exception {
        return Answer.of(send(input(body)));
    }

    Answer askForEvents(String body) throws Exception {
        Input input = input(body);
        input.addProperty("accept", "text/event-stream");
        return Answer.of(send(input));
    }

    /**
     * What a client got.
     *
     * @param code as of the first chunk, which is when the server reads it
     * @param contentType likewise
     * @param chunks how many chunks there were
     * @param text all chunks together
     */
    record Answer(int code, String contentType, int chunks, String text) {

        static Answer of(Output output) throws Exception {
            if (!(output.getData() instanceof ChunkedBytesSupplier supplier)) {
                return new Answer(output, 1, output.getData().getAsString());
            }
            StringBuilder text = new StringBuilder();
            Answer answer = null;
            int chunks = 0;
            while (supplier.hasNext()) {
                byte[] bytes = supplier.nextChunk(30, TimeUnit.SECONDS);
                text.append(new String(bytes, StandardCharsets.UTF_8));
                chunks++;
                if (answer == null) {
                    answer = new Answer(output, 1, "");
                }
            }
            return new Answer(answer.code, answer.contentType, chunks, text.toString());
        }

        private Answer(Output output, int chunks, String text) {
            this(output.getCode(), output.getProperty("content-type", ""), chunks, text);
        }

        JsonObject json() {
            return JsonParser.parseString(text).getAsJsonObject();
        }

        /** Returns the lines of a stream. */
        List<JsonObject> lines() {
            return text.lines()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .toList();
        }

        /** Returns the data of server-sent events. */
        List<String> events() {
            if (!text.endsWith("\n\n")) {
                throw new IllegalStateException("An event is cut off: " + text);
            }
            return text.lines()
                    .filter(line -> !line.isEmpty())
                    .map(
                            line -> {
                                if (!line.startsWith("data: ")) {
                                    throw new IllegalStateException("Not an event: " + line);
                                }
                                return line.substring("data: ".length());
                            })
                    .toList();
        }
    }

    @Override
    public void close() {
        predictor.close();
        model.close();
    }
}
