package io.github.lapidary.file;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The directory and metadata of one GGUF file, version 2 or 3, little endian.
 *
 * <p>A file is a magic number and version, the counts of tensors and keys, the keys with their
 * values, a row per tensor, and the tensors' bytes at multiples of {@code general.alignment}. See
 * <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>. GGUF names
 * the innermost size of a shape first; {@link TensorEntry#shape()} has it last.
 */
public final class Gguf implements TensorContainer {

    /** The letters GGUF. */
    private static final int MAGIC = 0x46554747;

    private static final String ALIGNMENT_KEY = "general.alignment";
    private static final long DEFAULT_ALIGNMENT = 32;
    private static final long MAX_ALIGNMENT = 1 << 20;
    private static final int MAX_DIMENSIONS = 4;

    /** A name's length, the count of dimensions, the type and the offset. */
    private static final int ROW_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

    private final Path path;
    private final int version;
    private final GgufMetadata metadata;
    private final Map<String, TensorEntry> tensors;

    private Gguf(Path path, int version, GgufMetadata metadata, Map<String, TensorEntry> tensors) {
        this.path = path;
        this.version = version;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /**
     * Reads and checks the header of a file; the file is closed afterwards.
     *
     * @throws MalformedFileException if the file breaks the format, is of another version or byte
     *     order, or holds a type that the library does not know
     * @throws IOException if the file cannot be read
     */
    public static Gguf read(Path file) throws IOException {
        try (SeekableByteChannel channel = RegularFile.open(file)) {
            return read(file, channel);
        }
    }

    static Gguf read(Path path, SeekableByteChannel channel) throws IOException {
        GgufInput input = new GgufInput(path, channel);
        int version = version(input);
        input.reading("the number of tensors");
        int tensorCount = input.count(Limits.TENSORS, ROW_BYTES);
        input.reading("the number of keys");
        int keyCount = input.count(Limits.KEYS, GgufValues.ENTRY_BYTES);
        GgufMetadata metadata = new GgufValues(input).read(keyCount);
        long alignment = alignment(input, metadata);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            rows.add(row(input, i));
        }
        long start = (input.position() + alignment - 1) / alignment * alignment;
        TensorDirectory directory = new TensorDirectory(path);
        for (Row row : rows) {
            input.reading("the tensor " + row.name);
            if (row.offset % alignment != 0 || row.offset > channel.size()) {
                throw input.malformed(
                        "has the offset %d; expected a multiple of %d inside the file."
                                .formatted(row.offset, alignment));
            }
            directory.add(row.name, row.type, row.shape, start + row.offset);
        }
        directory.checkRanges(start, channel.size());
        return new Gguf(path, version, metadata, directory.tensors());
    }

    private static int version(GgufInput input) throws IOException {
        int magic = input.int32();
        if (magic != MAGIC) {
            throw input.malformed("starts with %08x; expected the letters GGUF.".formatted(magic));
        }
        int version = input.int32();
        if ((version & 0xFFFF) == 0) {
            throw input.malformed("is big endian; expected little endian.");
        }
        if (version != 2 && version != 3) {
            throw input.malformed("has the version %d; expected 2 or 3.".formatted(version));
        }
        return version;
    }

    private static long alignment(GgufInput input, GgufMetadata metadata) throws IOException {
        if (!metadata.contains(ALIGNMENT_KEY)) {
            return DEFAULT_ALIGNMENT;
        }
        input.reading("the key " + ALIGNMENT_KEY);
        Object value = metadata.get(ALIGNMENT_KEY, Object.class);
        if (!(value instanceof Long alignment)
                || alignment < Long.BYTES
                || alignment > MAX_ALIGNMENT
                || Long.bitCount(alignment) != 1) {
            throw input.malformed(
                    "is %s; expected a power of two from %d to %d."
                            .formatted(value, Long.BYTES, MAX_ALIGNMENT));
        }
        return alignment;
    }

    /** A tensor as the header has it: its offset counts from the start of the tensors' bytes. */
    private record Row(String name, StoredType type, List<Long> shape, long offset) {}

    private static Row row(GgufInput input, int number) throws IOException {
        input.reading("the tensor number " + number);
        String name = input.string(Limits.NAME_LENGTH);
        input.reading("the tensor " + name);
        int dimensions = input.int32();
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw input.malformed(
                    "has %s dimensions; expected at most %d."
                            .formatted(Integer.toUnsignedString(dimensions), MAX_DIMENSIONS));
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < dimensions; i++) {
            shape.add(input.unsigned64());
        }
        Collections.reverse(shape);
        int typeNumber = input.int32();
        StoredType type = GgufTensorType.of(typeNumber).orElse(null);
        if (type == null) {
            throw input.malformed(
                    "has the type %s, which the library does not read."
                            .formatted(GgufTensorType.describe(typeNumber)));
        }
        return new Row(name, type, shape, input.unsigned64());
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public Map<String, TensorEntry> tensors() {
        return tensors;
    }

    /** Returns the keys and their values. */
    public GgufMetadata metadata() {
        return metadata;
    }

    /** Returns the version of the format that the file has. */
    public int version() {
        return version;
    }
}
