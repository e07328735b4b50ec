package io.github.lapidary.state;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Writes and reads the sequences of one model.
 *
 * <p>A file is safetensors with a checksum at its end. Its metadata are the version of this format,
 * the fingerprint of the model and the caller's note. {@code tokens} [T] (I32) are the ids read;
 * {@code layers.0.arrangement} (I32) is how the first layer's arrays are arranged, and {@code
 * layers.0.keys} and the like are what they hold. The same names after {@code earlier.} are of the
 * sequence when it had the first {@code earlier.tokens} [1] (I32). Arrays pass through memory in
 * pieces of a few megabytes.
 */
public final class StateFile {

    static final String VERSION_KEY = "lapidary_state";
    static final String VERSION = "3";
    static final String FINGERPRINT = "fingerprint";
    static final String NOTE = "note";
    static final String TOKENS = "tokens";
    static final String EARLIER = "earlier.";

    static final int PIECE_BYTES = 4 << 20;

    private static final KernelMethod PIECE =
            KernelMethod.of("state.piece").tensor("x").integers("place").build();
    private static final KernelMethod PUT =
            KernelMethod.of("state.put").tensor("x").tensor("bytes").integers("place").build();

    private final KernelModule kernels;
    private final Function<NDManager, String> fingerprint;
    private final int vocabSize;

    /**
     * Makes what writes and reads a model's sequences.
     *
     * @param kernels the model's
     * @param fingerprint computes what tells the model from others, with arrays in the manager
     * @param vocabSize the ids of tokens are below it
     */
    public StateFile(KernelModule kernels, Function<NDManager, String> fingerprint, int vocabSize) {
        this.kernels = kernels;
        this.fingerprint = fingerprint;
        this.vocabSize = vocabSize;
    }

    /** Returns the methods that a module must have linked for this. */
    public static List<KernelMethod> methods() {
        return List.of(PIECE, PUT);
    }

    static String arrangement(int layer) {
        return "layers." + layer + ".arrangement";
    }

    static String name(int layer, StateArray array) {
        return "layers." + layer + "." + array.name();
    }

    static StoredType type(StateArray array) {
        return array.format() == WeightFormat.FLOAT32 ? StoredType.F32 : StoredType.BF16;
    }

    static List<Long> sizes(StateArray array) {
        return Arrays.stream(array.shape().getShape()).boxed().toList();
    }

    /** Works on an array piece by piece. */
    @FunctionalInterface
    interface PieceWork {
        void run(long a, long begin, long end) throws IOException;
    }

    /** Calls the work for all that is used of an array, in the order of the elements. */
    static void forEachPiece(StateArray array, PieceWork work) throws IOException {
        long step = Math.max(1, PIECE_BYTES / Math.max(1, array.rowBytes()));
        for (long a = array.first(); a < array.first() + array.places(); a++) {
            for (long begin = 0; begin < array.used(); begin += step) {
                work.run(a, begin, Math.min(array.used(), begin + step));
            }
        }
    }

    /**
     * Writes a sequence, in place of what the file held; it never holds a part of one.
     *
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalArgumentException if the note is no Unicode text
     */
    public void write(Snapshot snapshot, Path file) throws IOException {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(snapshot.note())) {
            throw new IllegalArgumentException("The note has half of a surrogate pair.");
        }
        try (NDManager scope = snapshot.state().newScope()) {
            Map<String, String> metadata = new LinkedHashMap<>();
            metadata.put(VERSION_KEY, VERSION);
            metadata.put(FINGERPRINT, fingerprint.apply(scope));
            metadata.put(NOTE, snapshot.note());
            List<OutgoingTensor> tensors = new ArrayList<>();
            tensors.add(numbers(TOKENS, snapshot.ids()));
            add(tensors, "", snapshot.state(), scope);
            if (snapshot.earlier().isPresent()) {
                DecodingState earlier = snapshot.earlier().get();
                tensors.add(numbers(EARLIER + TOKENS, new int[] {earlier.position()}));
                add(tensors, EARLIER, earlier, scope);
            }
            new SafetensorsWriter(metadata).writeSealed(file, tensors);
        }
    }

    private void add(
            List<OutgoingTensor> tensors, String prefix, DecodingState state, NDManager scope) {
        List<LayerState> layers = state.layers();
        for (int i = 0; i < layers.size(); i++) {
            tensors.add(numbers(prefix + arrangement(i), layers.get(i).arrangement()));
            for (StateArray array : layers.get(i).saved()) {
                tensors.add(
                        new OutgoingTensor(
                                prefix + name(i, array),
                                type(array),
                                sizes(array),
                                out -> write(array, scope, out)));
            }
        }
    }

    private static OutgoingTensor numbers(String name, int[] numbers) {
        return new OutgoingTensor(
                name,
                StoredType.I32,
                List.of((long) numbers.length),
                out -> {
                    ByteBuffer bytes =
                            ByteBuffer.allocate(Math.multiplyExact(numbers.length, Integer.BYTES))
                                    .order(ByteOrder.LITTLE_ENDIAN);
                    bytes.asIntBuffer().put(numbers);
                    out.write(bytes);
                });
    }

    private void write(StateArray array, NDManager scope, WritableByteChannel out)
            throws IOException {
        forEachPiece(
                array,
                (a, begin, end) -> {
                    try (NDArray piece =
                                    kernels.call(PIECE)
                                            .tensor(array.array())
                                            .integers(a, begin, end)
                                            .run(scope);
                            NDArray near = piece.toDevice(Device.cpu(), false)) {
                        out.write(near.toByteBuffer(true));
                    }
                });
    }

    /**
     * Reads a sequence; the caller closes it.
     *
     * @param newState makes an empty sequence of the model
     * @throws io.github.lapidary.file.MalformedFileException if the file holds no sequence, one of
     *     another model, or is damaged; the message says which
     * @throws IOException if the file cannot be read
     */
    public Snapshot read(Path path, Supplier<DecodingState> newState) throws IOException {
        Safetensors file = Safetensors.read(path);
        StateReading.checkWhole(file);
        List<DecodingState> states = new ArrayList<>(List.of(newState.get()));
        try (StateReading reading = new StateReading(file);
                NDManager scope = states.get(0).newScope()) {
            StateReading.checkOrigin(file, fingerprint.apply(scope));
            int[] ids = reading.ids(vocabSize);
            reading.arrange("", states.get(0), ids.length);
            OptionalInt before = reading.earlierTokens(ids.length);
            if (before.isPresent()) {
                states.add(newState.get());
                reading.arrange(EARLIER, states.get(1), before.getAsInt());
            }
            reading.checkNothingElse();
            reading.fill((array, bytes, place) -> put(array, bytes, place, scope));
            Optional<DecodingState> earlier = states.stream().skip(1).findFirst();
            return new Snapshot(states.get(0), ids, earlier, file.metadata().get(NOTE));
        } catch (IOException | RuntimeException e) {
            states.forEach(DecodingState::close);
            throw e;
        }
    }

    private void put(StateArray array, ByteBuffer bytes, long[] place, NDManager scope) {
        Shape shape = new Shape(bytes.remaining());
        try (NDArray piece = scope.create(bytes, shape, DataType.UINT8)) {
            kernels.call(PUT)
                    .tensor(array.array())
                    .tensor(piece)
                    .integers(place)
                    .runForHandle()
                    .close();
        }
    }
}
