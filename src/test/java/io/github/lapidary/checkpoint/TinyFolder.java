package io.github.lapidary.checkpoint;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A tiny checkpoint, to be changed and then written. */
final class TinyFolder {

    /** A stored tensor, whole. */
    record Stored(StoredType type, List<Long> shape, ByteBuffer bytes) {

        /** Returns zeros. */
        static Stored zeros(StoredType type, Long... shape) {
            long elements = List.of(shape).stream().reduce(1L, Math::multiplyExact);
            return new Stored(
                    type, List.of(shape), ByteBuffer.allocate((int) type.bytes(elements)));
        }
    }

    final Path source;
    final Map<String, Stored> tensors = new LinkedHashMap<>();

    /** Reads a checkpoint of the test resources, {@code gemma2}. */
    TinyFolder(String name) throws IOException {
        this(Golden.path("tiny/" + name));
    }

    /** Reads a checkpoint. */
    TinyFolder(Path source) throws IOException {
        this.source = source;
        SafetensorsFolder folder = SafetensorsFolder.read(source);
        try (TensorReader reader = new TensorReader(folder)) {
            for (TensorEntry entry : folder.tensors().values()) {
                ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
                reader.readBytes(entry, 0, bytes);
                tensors.put(entry.name(), new Stored(entry.type(), entry.shape(), bytes.flip()));
            }
        }
    }

    /** Gives tensors other names. */
    void rename(String prefix, String newPrefix) {
        Map<String, Stored> renamed = new LinkedHashMap<>();
        tensors.forEach(
                (name, tensor) ->
                        renamed.put(
                                name.startsWith(prefix)
                                        ? newPrefix + name.substring(prefix.length())
                                        : name,
                                tensor));
        tensors.clear();
        tensors.putAll(renamed);
    }

    /** Writes config.json, changed, and the tensors into a folder. */
    Path write(Path folder, Consumer<JsonObject> change) throws IOException {
        return write(folder, change, 1L << 40);
    }

    /** Writes the same, the tensors in files of so many bytes. */
    Path write(Path folder, Consumer<JsonObject> change, long maxShardBytes) throws IOException {
        Files.createDirectories(folder);
        JsonObject config =
                JsonParser.parseString(Files.readString(source.resolve("config.json")))
                        .getAsJsonObject();
        change.accept(config);
        Files.writeString(folder.resolve("config.json"), config.toString());
        List<OutgoingTensor> outgoing =
                tensors.entrySet().stream()
                        .map(entry -> outgoing(entry.getKey(), entry.getValue()))
                        .toList();
        new SafetensorsWriter(Map.of("format", "pt")).writeFolder(folder, outgoing, maxShardBytes);
        return folder;
    }

    Path write(Path folder) throws IOException {
        return write(folder, config -> {});
    }

    private static OutgoingTensor outgoing(String name, Stored tensor) {
        return new OutgoingTensor(
                name, tensor.type, tensor.shape, out -> out.write(tensor.bytes.duplicate()));
    }
}
