package io.github.lapidary.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The directory of one safetensors file.
 *
 * <p>A file is the length of its header (8 bytes, little endian), the header (a JSON object), and
 * the tensors' bytes, each of which belongs to exactly one tensor. See <a
 * href="https://github.com/huggingface/safetensors#format">the format</a>.
 */
public final class Safetensors implements TensorContainer {

    private static final Map<String, StoredType> TYPES = types();

    private final Path path;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final TensorDirectory directory;

    private Safetensors(Path path) {
        this.path = path;
        directory = new TensorDirectory(path);
    }

    /**
     * Reads and checks the header of a file; the file is closed afterwards.
     *
     * @throws MalformedFileException if the file breaks the format, or holds a type that the
     *     library does not know
     * @throws IOException if the file cannot be read
     */
    public static Safetensors read(Path file) throws IOException {
        try (SeekableByteChannel channel = RegularFile.open(file)) {
            return read(file, channel);
        }
    }

    static Safetensors read(Path path, SeekableByteChannel channel) throws IOException {
        Safetensors file = new Safetensors(path);
        long size = channel.size();
        int headerLength = headerLength(path, channel, size);
        byte[] header = new byte[headerLength];
        RegularFile.fill(path, channel, ByteBuffer.wrap(header));
        if (headerLength == 0 || header[0] != '{') {
            throw new MalformedFileException(path, "the header is no JSON object.");
        }
        long start = (long) Long.BYTES + headerLength;
        file.readHeader(new JsonInput(path, "header", header), start);
        file.directory.checkRanges(start, size);
        file.directory.checkNoHoles(start, size);
        return file;
    }

    private static int headerLength(Path path, SeekableByteChannel channel, long size)
            throws IOException {
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        RegularFile.fill(path, channel, length);
        long value = length.getLong();
        if (value < 0 || value > Limits.HEADER_BYTES) {
            throw new MalformedFileException(
                    path,
                    "the header's length is %s; expected at most %d."
                            .formatted(Long.toUnsignedString(value), Limits.HEADER_BYTES));
        }
        if (value > size - Long.BYTES) {
            throw new MalformedFileException(
                    path,
                    "the header has %d bytes, but the file only %d after its length."
                            .formatted(value, size - Long.BYTES));
        }
        return (int) value;
    }

    private void readHeader(JsonInput json, long start) throws IOException {
        json.document(
                name -> {
                    if (name.equals("__metadata__")) {
                        json.object(key -> metadata.put(key, json.string()));
                    } else {
                        readTensor(json, name, start);
                    }
                });
    }

    private void readTensor(JsonInput json, String name, long start) throws IOException {
        TensorFields fields = new TensorFields();
        json.object(field -> fields.read(json, field));
        if (fields.type == null || fields.shape == null || fields.offsets == null) {
            throw new MalformedFileException(
                    path,
                    "the tensor %s lacks one of dtype, shape and data_offsets.".formatted(name));
        }
        StoredType type = TYPES.get(fields.type);
        if (type == null) {
            throw new MalformedFileException(
                    path,
                    "the tensor %s has the type %s; expected one of %s."
                            .formatted(name, fields.type, TYPES.keySet()));
        }
        if (fields.offsets.size() != 2 || fields.offsets.get(0) > fields.offsets.get(1)) {
            throw new MalformedFileException(
                    path,
                    "the tensor %s has the data_offsets %s; expected [begin, end]."
                            .formatted(name, fields.offsets));
        }
        long begin = fields.offsets.get(0);
        long bytes = fields.offsets.get(1) - begin;
        // An offset near the largest long must not wrap around; the range check refuses it later.
        long offset = begin > Long.MAX_VALUE - start ? Long.MAX_VALUE : begin + start;
        TensorEntry entry = directory.add(name, type, fields.shape, offset);
        if (entry.bytes() != bytes) {
            throw new MalformedFileException(
                    path,
                    "the tensor %s has %d bytes; expected %d for %s %s."
                            .formatted(name, bytes, entry.bytes(), type, fields.shape));
        }
    }

    /** The members of a tensor's object, as far as they were read. */
    private static final class TensorFields {
        private String type;
        private List<Long> shape;
        private List<Long> offsets;

        void read(JsonInput json, String field) throws IOException {
            switch (field) {
                case "dtype" -> type = json.string();
                case "shape" -> shape = json.integers(Limits.DIMENSIONS);
                case "data_offsets" -> offsets = json.integers(2);
                default -> throw json.malformed("an unknown key");
            }
        }
    }

    /** The format names its types as we do. */
    private static Map<String, StoredType> types() {
        Map<String, StoredType> types = new LinkedHashMap<>();
        for (StoredType type : StoredType.values()) {
            if (!type.isQuantised()) {
                types.put(type.name(), type);
            }
        }
        return types;
    }

    /**
     * Reads the file again, which {@link SafetensorsWriter#writeSealed} wrote, and compares its
     * checksum.
     *
     * @throws MalformedFileException if there is no checksum, or a byte has changed
     * @throws IOException if the file cannot be read
     */
    public void checkSeal() throws IOException {
        try (SeekableByteChannel channel = RegularFile.open(path)) {
            Seal.check(path, channel, tensors().get(Seal.NAME));
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, TensorEntry> tensors() {
        return directory.tensors();
    }

    /** Returns the texts of the header's {@code __metadata__}, empty if there is none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }
}
