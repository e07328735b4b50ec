package io.github.lapidary.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The directory of a folder's safetensors: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} names.
 *
 * <p>If both are there the single file is read, as in transformers.
 */
public final class SafetensorsFolder implements TensorContainer {

    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private static final int NAMES_IN_MESSAGE = 200;

    private final Path path;
    private final Map<String, TensorEntry> tensors;

    private SafetensorsFolder(Path path, Map<String, TensorEntry> tensors) {
        this.path = path;
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * Reads and checks the headers of all files; the files are closed afterwards.
     *
     * @throws MalformedFileException if a file breaks its format, a shard is missing, or index and
     *     shards disagree
     * @throws IOException if a file cannot be read
     */
    public static SafetensorsFolder read(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new FileSystemException(folder.toString(), null, "not a folder");
        }
        if (Files.exists(folder.resolve(SINGLE))) {
            return new SafetensorsFolder(
                    folder, Safetensors.read(folder.resolve(SINGLE)).tensors());
        }
        Path index = folder.resolve(INDEX);
        if (!Files.exists(index)) {
            throw new NoSuchFileException(
                    folder.toString(), null, "there is neither " + SINGLE + " nor " + INDEX);
        }
        return new SafetensorsFolder(folder, readShards(index, readWeightMap(index)));
    }

    /** Returns the shard of each tensor. */
    private static Map<String, String> readWeightMap(Path index) throws IOException {
        Map<String, String> shards = new LinkedHashMap<>();
        JsonInput json = new JsonInput(index, "index", readLimited(index));
        json.document(
                key -> {
                    if (key.equals("weight_map")) {
                        json.object(tensor -> shards.put(tensor, shardName(json)));
                    } else {
                        json.skip();
                    }
                });
        if (shards.isEmpty()) {
            throw new MalformedFileException(index, "the weight_map is missing or empty.");
        }
        return shards;
    }

    private static byte[] readLimited(Path index) throws IOException {
        try (SeekableByteChannel channel = RegularFile.open(index)) {
            long size = channel.size();
            if (size > Limits.HEADER_BYTES) {
                throw new MalformedFileException(
                        index,
                        "the file has %d bytes; expected at most %d."
                                .formatted(size, Limits.HEADER_BYTES));
            }
            byte[] bytes = new byte[(int) size];
            RegularFile.fill(index, channel, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    /** Refuses names that would leave the folder. */
    private static String shardName(JsonInput json) throws IOException {
        String name = json.string();
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.safetensors")) {
            throw json.malformed(
                    "the shard \"%s\", which is no plain name of a safetensors file"
                            .formatted(name.substring(0, Math.min(name.length(), 200))));
        }
        return name;
    }

    private static Map<String, TensorEntry> readShards(Path index, Map<String, String> shards)
            throws IOException {
        List<Path> files =
                new TreeSet<>(shards.values()).stream().map(index::resolveSibling).toList();
        List<Path> missing = files.stream().filter(file -> !Files.exists(file)).toList();
        if (!missing.isEmpty()) {
            throw new MalformedFileException(
                    index,
                    "%d of the %d shards are missing: %s."
                            .formatted(missing.size(), files.size(), names(missing)));
        }
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        List<String> unexpected = new ArrayList<>();
        for (Path file : files) {
            String shard = file.getFileName().toString();
            for (TensorEntry entry : Safetensors.read(file).tensors().values()) {
                if (shard.equals(shards.get(entry.name()))) {
                    tensors.put(entry.name(), entry);
                } else {
                    unexpected.add(entry.name() + " in " + shard);
                }
            }
        }
        List<String> absent =
                shards.keySet().stream().filter(name -> !tensors.containsKey(name)).toList();
        if (!absent.isEmpty() || !unexpected.isEmpty()) {
            throw new MalformedFileException(
                    index,
                    "the shards do not hold what the weight_map says. Missing in their shard: %s."
                                    .formatted(names(absent))
                            + " Not named by the weight_map: %s.".formatted(names(unexpected)));
        }
        return tensors;
    }

    private static String names(Collection<?> all) {
        List<String> names =
                all.stream()
                        .limit(NAMES_IN_MESSAGE)
                        .map(name -> name instanceof Path path ? path.getFileName() : name)
                        .map(Object::toString)
                        .toList();
        String shown = names.isEmpty() ? "none" : String.join(", ", names);
        return all.size() <= NAMES_IN_MESSAGE
                ? shown
                : shown + " and " + (all.size() - NAMES_IN_MESSAGE) + " more";
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, TensorEntry> tensors() {
        return tensors;
    }
}
