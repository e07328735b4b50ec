package io.github.lapidary.file;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Writes safetensors files as the reference does: one file, or a folder's shards with their index.
 *
 * <p>Tensors of wider types come first in a file, so that each starts at a multiple of its
 * element's size; otherwise the caller's order is kept. Bytes are asked from the sources in that
 * order and never held together. A file gets its name when it is whole and on the disk.
 */
public final class SafetensorsWriter {

    private final Map<String, String> metadata;

    /**
     * Creates a writer of files with such metadata; transformers demands format = pt.
     *
     * @throws IllegalArgumentException if a value is null
     */
    public SafetensorsWriter(Map<String, String> metadata) {
        if (metadata.values().stream().anyMatch(Objects::isNull)) {
            throw new IllegalArgumentException("The metadata " + metadata + " have a null value.");
        }
        this.metadata = new LinkedHashMap<>(metadata);
    }

    /**
     * Writes one file, replacing an older one in the same step.
     *
     * @throws IllegalArgumentException if two tensors have the same name
     * @throws IllegalStateException if a source does not write the bytes its tensor has
     * @throws IOException if the file cannot be written, or a source fails; the message names the
     *     file, and nothing of it is left
     */
    public void writeFile(Path file, List<OutgoingTensor> tensors) throws IOException {
        try (TemporaryFile temporary = new TemporaryFile(file)) {
            temporary.write(channel -> write(channel, tensors));
            temporary.publish();
        }
    }

    /**
     * Writes one file as {@link #writeFile} does, with a checksum of all its bytes as the last
     * tensor, which {@link Safetensors#checkSeal} compares.
     */
    public void writeSealed(Path file, List<OutgoingTensor> tensors) throws IOException {
        try (TemporaryFile temporary = new TemporaryFile(file)) {
            temporary.write(
                    channel -> {
                        Seal seal = new Seal(channel);
                        List<OutgoingTensor> sealed = new ArrayList<>(tensors);
                        sealed.add(seal.tensor()); // of the narrowest type, and so the last
                        write(seal, sealed);
                    });
            temporary.publish();
        }
    }

    /**
     * Writes the weights of a Hugging Face folder: {@code model.safetensors} if they fit one file,
     * else numbered shards and {@code model.safetensors.index.json}.
     *
     * @param folder exists, and holds no weights yet
     * @param maxShardBytes the tensors' bytes in a file; a larger tensor has a file of its own
     * @throws IllegalArgumentException if two tensors have the same name
     * @throws IllegalStateException if a source does not write the bytes its tensor has
     * @throws FileAlreadyExistsException if the folder holds weights
     * @throws IOException if a file cannot be written, or a source fails; the message names the
     *     file, and nothing is left in the folder
     */
    public void writeFolder(Path folder, List<OutgoingTensor> tensors, long maxShardBytes)
            throws IOException {
        try (StagedFiles files = new StagedFiles(folder)) {
            stage(files, tensors.stream().map(List::of).toList(), maxShardBytes);
            files.publish();
        }
    }

    /**
     * Writes as {@link #writeFolder} does, but leaves publishing to the caller.
     *
     * @param groups tensors that share a file, where those of one type lie one after another; a
     *     larger group has a file of its own
     */
    public void stage(StagedFiles files, List<List<OutgoingTensor>> groups, long maxShardBytes)
            throws IOException {
        refuseOlderWeights(files.folder());
        List<List<OutgoingTensor>> shards = shards(groups, maxShardBytes);
        Map<String, String> weightMap = new LinkedHashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            List<OutgoingTensor> shard = shards.get(i);
            String name = shardName(i, shards.size());
            for (OutgoingTensor tensor : shard) {
                if (weightMap.put(tensor.name(), name) != null) {
                    throw new IllegalArgumentException(
                            "The tensor " + tensor.name() + " is given twice.");
                }
            }
            files.add(name, channel -> write(channel, shard));
        }
        if (shards.size() > 1) {
            long bytes = groups.stream().mapToLong(SafetensorsWriter::bytes).sum();
            files.add(SafetensorsFolder.INDEX, index(weightMap, bytes));
        }
    }

    /** Files of an older checkpoint would be read instead of the new ones, or beside them. */
    private static void refuseOlderWeights(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(folder, "model*.safetensors{,.index.json}")) {
            for (Path file : found) {
                throw new FileAlreadyExistsException(
                        file.toString(), null, "the folder already holds weights");
            }
        }
    }

    private static long bytes(List<OutgoingTensor> tensors) {
        return tensors.stream().mapToLong(OutgoingTensor::bytes).sum();
    }

    private static List<List<OutgoingTensor>> shards(
            List<List<OutgoingTensor>> groups, long maxBytes) {
        if (maxBytes <= 0) {
            throw new IllegalArgumentException(
                    "Shards cannot have at most %d bytes.".formatted(maxBytes));
        }
        List<List<OutgoingTensor>> shards = new ArrayList<>();
        List<OutgoingTensor> shard = new ArrayList<>();
        long bytes = 0;
        for (List<OutgoingTensor> group : groups) {
            if (!shard.isEmpty() && bytes(group) > maxBytes - bytes) {
                shards.add(shard);
                shard = new ArrayList<>();
                bytes = 0;
            }
            shard.addAll(group);
            bytes += bytes(group);
        }
        shards.add(shard);
        return shards;
    }

    private static String shardName(int number, int count) {
        return count == 1
                ? SafetensorsFolder.SINGLE
                : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", number + 1, count);
    }

    private static String index(Map<String, String> weightMap, long bytes) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.setIndent("  ");
            json.beginObject();
            json.name("metadata").beginObject().name("total_size").value(bytes).endObject();
            json.name("weight_map").beginObject();
            for (Map.Entry<String, String> entry : weightMap.entrySet()) {
                json.name(entry.getKey()).value(entry.getValue());
            }
            json.endObject().endObject();
        }
        return text + "\n";
    }

    private void write(WritableByteChannel file, List<OutgoingTensor> tensors) throws IOException {
        List<OutgoingTensor> ordered = new ArrayList<>(tensors);
        ordered.sort(
                Comparator.comparingInt((OutgoingTensor tensor) -> tensor.type().blockBytes())
                        .reversed());
        TensorChannel.writeAll(file, SafetensorsHeader.encode(ordered, metadata));
        for (OutgoingTensor tensor : ordered) {
            TensorChannel channel = new TensorChannel(file, tensor);
            tensor.source().write(channel);
            channel.checkComplete();
        }
    }
}
