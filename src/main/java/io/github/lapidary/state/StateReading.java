package io.github.lapidary.state;

import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Fills empty sequences from a file, and refuses what does not fit them. */
final class StateReading implements Closeable {

    private static final String CHECKSUM = "checksum";
    private static final int FEW = 8; // numbers or names that a message may show

    private final Path path;
    private final Map<String, TensorEntry> tensors;
    private final TensorReader reader;
    private final Map<String, StateArray> arrays = new LinkedHashMap<>();
    private final Set<String> known = new TreeSet<>(Set.of(StateFile.TOKENS, CHECKSUM));

    StateReading(Safetensors file) throws IOException {
        path = file.path();
        tensors = file.tensors();
        reader = new TensorReader(file);
    }

    /** Refuses a file that is no saved sequence, or is damaged. */
    static void checkWhole(Safetensors file) throws IOException {
        Map<String, String> metadata = file.metadata();
        String version = metadata.get(StateFile.VERSION_KEY);
        if (version == null) {
            throw new MalformedFileException(file.path(), "this is no saved state of a model.");
        }
        if (!version.equals(StateFile.VERSION)) {
            throw new MalformedFileException(
                    file.path(),
                    "the saved state has the version %s; expected %s."
                            .formatted(version, StateFile.VERSION));
        }
        file.checkSeal();
        if (!metadata.containsKey(StateFile.NOTE)) {
            throw new MalformedFileException(file.path(), "the note is missing.");
        }
    }

    /** Refuses a file of another model. */
    static void checkOrigin(Safetensors file, String fingerprint) throws IOException {
        String found = file.metadata().get(StateFile.FINGERPRINT);
        if (!fingerprint.equals(found)) {
            throw new MalformedFileException(
                    file.path(),
                    "the state was saved by another model, or in another dtype: it has the fingerprint %s; expected %s."
                            .formatted(found, fingerprint));
        }
    }

    /** Returns the tokens. */
    int[] ids(int vocabSize) throws IOException {
        int[] ids = numbers(StateFile.TOKENS, Integer.MAX_VALUE);
        for (int id : ids) {
            if (id < 0 || id >= vocabSize) {
                throw new MalformedFileException(
                        path, "a token is %d; the vocabulary has %d.".formatted(id, vocabSize));
            }
        }
        return ids;
    }

    /** Returns how many of the tokens the earlier sequence had, if there is one. */
    OptionalInt earlierTokens(int tokens) throws IOException {
        String name = StateFile.EARLIER + StateFile.TOKENS;
        if (!tensors.containsKey(name)) {
            return OptionalInt.empty();
        }
        known.add(name);
        int[] numbers = numbers(name, FEW);
        if (numbers.length != 1 || numbers[0] < 0 || numbers[0] > tokens) {
            throw new MalformedFileException(
                    path,
                    "%s is %s; expected a number up to %d."
                            .formatted(name, Arrays.toString(numbers), tokens));
        }
        return OptionalInt.of(numbers[0]);
    }

    private int[] numbers(String name, int most) throws IOException {
        TensorEntry entry = tensors.get(name);
        if (entry == null || entry.type() != StoredType.I32 || entry.shape().size() != 1) {
            throw new MalformedFileException(
                    path, "%s is %s; expected a list of I32.".formatted(name, describe(entry)));
        }
        if (entry.elements() > most) {
            throw new MalformedFileException(
                    path,
                    "%s has %d numbers; expected %d at most."
                            .formatted(name, entry.elements(), most));
        }
        // The directory has checked that the file is as long.
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(entry.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        reader.readBytes(entry, 0, bytes);
        int[] numbers = new int[Math.toIntExact(entry.elements())];
        bytes.flip().asIntBuffer().get(numbers);
        return numbers;
    }

    private static String describe(TensorEntry entry) {
        return entry == null ? "missing" : entry.type() + " " + entry.shape();
    }

    /**
     * Arranges the layers as those of a saved sequence, and checks its arrays in the file.
     *
     * @param prefix what its names begin with
     */
    void arrange(String prefix, DecodingState state, int count) throws IOException {
        List<LayerState> layers = state.layers();
        List<int[]> arrangements = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            arrangements.add(numbers(prefix + StateFile.arrangement(i), FEW));
            known.add(prefix + StateFile.arrangement(i));
        }
        try {
            state.arrange(count, arrangements);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(path, e.getMessage(), e);
        }
        for (int i = 0; i < layers.size(); i++) {
            for (StateArray array : layers.get(i).saved()) {
                String name = prefix + StateFile.name(i, array);
                check(name, array);
                arrays.put(name, array);
            }
        }
        known.addAll(arrays.keySet());
    }

    /** Refuses a file that holds more than was asked for. */
    void checkNothingElse() throws MalformedFileException {
        Set<String> unexpected = new TreeSet<>(tensors.keySet());
        unexpected.removeAll(known);
        if (!unexpected.isEmpty()) {
            String some = unexpected.stream().limit(FEW).collect(Collectors.joining(", "));
            throw new MalformedFileException(
                    path,
                    "it holds what the model does not know: %s%s."
                            .formatted(some, unexpected.size() > FEW ? " and more" : ""));
        }
    }

    private void check(String name, StateArray array) throws MalformedFileException {
        TensorEntry entry = tensors.get(name);
        if (entry == null
                || entry.type() != StateFile.type(array)
                || !entry.shape().equals(StateFile.sizes(array))) {
            throw new MalformedFileException(
                    path,
                    "%s is %s; expected %s %s."
                            .formatted(
                                    name,
                                    describe(entry),
                                    StateFile.type(array),
                                    StateFile.sizes(array)));
        }
    }

    /** Takes the bytes of a piece; the place is [a, begin, end] in the array. */
    @FunctionalInterface
    interface Target {
        void put(StateArray array, ByteBuffer bytes, long[] place);
    }

    /** Hands out all arrays piece by piece, in a buffer that is used again for the next. */
    void fill(Target target) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(largestPiece());
        for (Map.Entry<String, StateArray> array : arrays.entrySet()) {
            fill(array.getValue(), tensors.get(array.getKey()), bytes, target);
        }
    }

    private int largestPiece() throws IOException {
        long[] largest = {0};
        for (StateArray array : arrays.values()) {
            StateFile.forEachPiece(
                    array,
                    (a, begin, end) ->
                            largest[0] = Math.max(largest[0], (end - begin) * array.rowBytes()));
        }
        return Math.toIntExact(largest[0]);
    }

    private void fill(StateArray array, TensorEntry entry, ByteBuffer bytes, Target target)
            throws IOException {
        long[] done = {0};
        StateFile.forEachPiece(
                array,
                (a, begin, end) -> {
                    bytes.clear().limit(Math.toIntExact((end - begin) * array.rowBytes()));
                    reader.readBytes(entry, done[0], bytes);
                    done[0] += bytes.limit();
                    target.put(array, bytes.flip(), new long[] {a, begin, end});
                });
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
