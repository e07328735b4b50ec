package io.github.lapidary.inspection;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Tiny;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** A copy of a tiny checkpoint in which a fault is planted. */
final class Tampered {

    private final Path folder;

    private Tampered(Path folder) {
        this.folder = folder;
    }

    static Tampered copy(String tiny, Path folder) throws IOException {
        return new Tampered(Tiny.copy(tiny, folder, config -> {}));
    }

    Path folder() {
        return folder;
    }

    /** Changes JSON files. */
    Tampered json(Consumer<JsonObject> change, String... files) throws IOException {
        for (String name : files) {
            Path file = folder.resolve(name);
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            change.accept(json);
            Files.writeString(file, json.toString());
        }
        return this;
    }

    /** Changes the chat template. */
    Tampered template(UnaryOperator<String> change) throws IOException {
        return json(
                json ->
                        json.addProperty(
                                "chat_template",
                                change.apply(json.get("chat_template").getAsString())),
                "tokenizer_config.json");
    }

    /** A tensor in memory. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Tensor(StoredType type, List<Long> shape, byte[] bytes) {

        Tensor reshaped(Long... other) {
            return new Tensor(type, List.of(other), bytes);
        }

        Tensor typed(StoredType other) {
            byte[] shortened = new byte[bytes.length / type.blockBytes() * other.blockBytes()];
            return new Tensor(other, shape, shortened);
        }

        /** Returns the first rows. */
        Tensor firstRows(long rows) {
            int bytesOfRows = Math.toIntExact(bytes.length / shape.get(0) * rows);
            return new Tensor(type, List.of(rows, shape.get(1)), Arrays.copyOf(bytes, bytesOfRows));
        }

        /** Returns the tensor with all values changed; float32 only. */
        Tensor map(DoubleUnaryOperator change) {
            ByteBuffer copy = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
            FloatBuffer floats = copy.asFloatBuffer();
            for (int i = 0; i < floats.limit(); i++) {
                floats.put(i, (float) change.applyAsDouble(floats.get(i)));
            }
            return new Tensor(type, shape, copy.array());
        }

        /** Returns the tensor with its first value replaced; float32 only. */
        Tensor withFirst(float value) {
            byte[] copy = bytes.clone();
            ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putFloat(value);
            return new Tensor(type, shape, copy);
        }
    }

    /** Changes tensors. */
    Tampered tensors(Consumer<Map<String, Tensor>> change) throws IOException {
        SafetensorsFolder container = SafetensorsFolder.read(folder);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (TensorReader reader = new TensorReader(container)) {
            for (TensorEntry entry : container.tensors().values()) {
                byte[] bytes = new byte[Math.toIntExact(entry.bytes())];
                reader.readBytes(entry, 0, ByteBuffer.wrap(bytes));
                tensors.put(entry.name(), new Tensor(entry.type(), entry.shape(), bytes));
            }
        }
        change.accept(tensors);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "model*")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        List<OutgoingTensor> outgoing =
                tensors.entrySet().stream()
                        .map(tensor -> outgoing(tensor.getKey(), tensor.getValue()))
                        .toList();
        new SafetensorsWriter(Map.of("format", "pt")).writeFolder(folder, outgoing, Long.MAX_VALUE);
        return this;
    }

    /** Changes the tensors whose names match. */
    Tampered tensors(String pattern, UnaryOperator<Tensor> change) throws IOException {
        return tensors(
                tensors ->
                        tensors.replaceAll(
                                (name, tensor) ->
                                        name.matches(pattern) ? change.apply(tensor) : tensor));
    }

    private static OutgoingTensor outgoing(String name, Tensor tensor) {
        return new OutgoingTensor(
                name, tensor.type, tensor.shape, out -> out.write(ByteBuffer.wrap(tensor.bytes)));
    }
}
