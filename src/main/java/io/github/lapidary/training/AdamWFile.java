package io.github.lapidary.training;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.format.Tensors;
import io.github.lapidary.training.AdamWState.Moments;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The saved state of an AdamW: safetensors with a checksum, in which {@code exp_avg.PATH} and
 * {@code exp_avg_sq.PATH} (F32) are the moments of a parameter and {@code step.PATH} (I64) is how
 * often it was updated. Moments of another format are written as the float32 numbers that they
 * stand for.
 */
final class AdamWFile implements Closeable {

    private static final String VERSION_KEY = "lapidary_adamw";
    private static final String VERSION = "1";
    private static final String UPDATES = "updates";
    private static final String FIRST = "exp_avg.";
    private static final String SECOND = "exp_avg_sq.";
    private static final String STEP = "step.";
    private static final String CHECKSUM = "checksum";
    private static final int PIECE = 1 << 20;

    private final Map<String, TensorEntry> tensors;
    private final Map<String, Parameter> parameters;
    private final TensorReader reader;
    private final Path path;
    private final long updates;

    private AdamWFile(Safetensors file, Map<String, Parameter> parameters) throws IOException {
        path = file.path();
        tensors = file.tensors();
        this.parameters = parameters;
        updates = checkWhole(file);
        checkNames();
        reader = new TensorReader(file);
    }

    static void write(Path file, Map<String, Moments> moments, long updates, NDManager manager)
            throws IOException {
        try (Tensors kernels = new Tensors(manager)) {
            List<OutgoingTensor> outgoing = new ArrayList<>();
            moments.forEach(
                    (path, own) -> {
                        outgoing.add(tensor(FIRST + path, own.first(), kernels));
                        outgoing.add(tensor(SECOND + path, own.second(), kernels));
                        outgoing.add(number(STEP + path, own.updates()));
                    });
            new SafetensorsWriter(Map.of(VERSION_KEY, VERSION, UPDATES, Long.toString(updates)))
                    .writeSealed(file, outgoing);
        }
    }

    private static OutgoingTensor tensor(String name, NDArray array, Tensors kernels) {
        return new OutgoingTensor(
                name,
                StoredType.F32,
                sizes(array.getShape().getShape()),
                out -> write(array, kernels, out));
    }

    private static List<Long> sizes(long[] shape) {
        return Arrays.stream(shape).boxed().toList();
    }

    private static void write(NDArray array, Tensors kernels, WritableByteChannel out)
            throws IOException {
        ByteBuffer bytes = buffer();
        long size = array.size();
        for (long first = 0; first < size; first += PIECE) {
            try (NDArray piece = kernels.slice(array, first, Math.min(size, first + PIECE));
                    NDArray near = piece.toDevice(Device.cpu(), false)) {
                bytes.clear().limit(Math.toIntExact(near.size() * Float.BYTES));
                bytes.asFloatBuffer().put(near.toByteBuffer(true).asFloatBuffer());
                out.write(bytes);
            }
        }
    }

    private static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static OutgoingTensor number(String name, long number) {
        return new OutgoingTensor(
                name,
                StoredType.I64,
                List.of(),
                out ->
                        out.write(
                                ByteBuffer.allocate(Long.BYTES)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .putLong(number)
                                        .flip()));
    }

    /**
     * Opens a file and checks all but its numbers.
     *
     * @throws MalformedFileException if it is no such file, is damaged, or does not fit the
     *     parameters
     */
    static AdamWFile open(Path file, Map<String, Parameter> parameters) throws IOException {
        return new AdamWFile(Safetensors.read(file), parameters);
    }

    private long checkWhole(Safetensors file) throws IOException {
        Map<String, String> metadata = file.metadata();
        if (!VERSION.equals(metadata.get(VERSION_KEY))) {
            throw new MalformedFileException(path, "this is no saved state of AdamW of version 1.");
        }
        file.checkSeal();
        try {
            return Long.parseLong(metadata.getOrDefault(UPDATES, "none"));
        } catch (NumberFormatException e) {
            throw new MalformedFileException(path, "the number of updates is missing.", e);
        }
    }

    private List<String> paths() {
        return tensors.keySet().stream()
                .filter(name -> name.startsWith(STEP))
                .map(name -> name.substring(STEP.length()))
                .toList();
    }

    private void checkNames() throws IOException {
        Set<String> expected = new TreeSet<>(Set.of(CHECKSUM));
        for (String parameter : paths()) {
            Parameter own = parameters.get(parameter);
            if (own == null) {
                throw new MalformedFileException(
                        path, "it is of a model that has %s.".formatted(parameter));
            }
            List<Long> shape = sizes(own.getShape().getShape());
            expect(FIRST + parameter, StoredType.F32, shape);
            expect(SECOND + parameter, StoredType.F32, shape);
            expect(STEP + parameter, StoredType.I64, List.of());
            expected.addAll(List.of(FIRST + parameter, SECOND + parameter, STEP + parameter));
        }
        Set<String> unexpected = new TreeSet<>(tensors.keySet());
        unexpected.removeAll(expected);
        if (!unexpected.isEmpty()) {
            throw new MalformedFileException(path, "it holds %s, too.".formatted(unexpected));
        }
    }

    private void expect(String name, StoredType type, List<Long> shape)
            throws MalformedFileException {
        TensorEntry entry = tensors.get(name);
        if (entry == null || entry.type() != type || !entry.shape().equals(shape)) {
            throw new MalformedFileException(
                    path,
                    "%s is %s; expected %s %s."
                            .formatted(
                                    name,
                                    entry == null ? "missing" : entry.type() + " " + entry.shape(),
                                    type,
                                    shape));
        }
    }

    long updates() {
        return updates;
    }

    /** Reads all moments into new arrays of the manager. */
    Map<String, Moments> read(NDManager manager) throws IOException {
        Map<String, Moments> moments = new LinkedHashMap<>();
        List<NDArray> made = new ArrayList<>();
        try (Tensors kernels = new Tensors(manager)) {
            for (String parameter : paths()) {
                for (String name : List.of(FIRST + parameter, SECOND + parameter)) {
                    made.add(kernels.zeros(parameters.get(parameter).getArray()));
                    read(tensors.get(name), made.get(made.size() - 1), kernels);
                }
                int last = made.size() - 1;
                moments.put(
                        parameter,
                        new Moments(made.get(last - 1), made.get(last), step(parameter)));
            }
            return moments;
        } catch (IOException | RuntimeException e) {
            made.forEach(NDArray::close);
            throw e;
        }
    }

    private long step(String parameter) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        reader.readBytes(tensors.get(STEP + parameter), 0, bytes);
        return bytes.getLong(0);
    }

    private void read(TensorEntry entry, NDArray target, Tensors kernels) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(PIECE * Float.BYTES).order(ByteOrder.nativeOrder());
        for (long first = 0; first < entry.elements(); first += PIECE) {
            bytes.clear()
                    .limit(
                            Math.toIntExact(
                                    Math.min(PIECE, entry.elements() - first) * Float.BYTES));
            reader.readFloats(entry, first, bytes.asFloatBuffer());
            kernels.put(target, bytes, first);
        }
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
