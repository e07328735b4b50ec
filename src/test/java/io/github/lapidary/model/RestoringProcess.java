package io.github.lapidary.model;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.Snapshot;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Goes on with sequences that another process has saved. */
final class RestoringProcess {

    private RestoringProcess() {}

    /**
     * Writes to the file {@code args[2]} the logits that follow each saved sequence in the folder
     * {@code args[0]}, with models of the format {@code args[1]}.
     */
    public static void main(String[] args) throws Exception {
        WeightFormat format = WeightFormat.of(args[1]);
        try (DataOutputStream out =
                new DataOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(Path.of(args[2]))))) {
            for (String name : SavedStateTest.MODELS) {
                try (NDManager manager = NDManager.newBaseManager()) {
                    Decoding decoding = new Decoding(Tiny.load(name, manager, format), manager);
                    for (int length : SavedStateTest.LENGTHS) {
                        Path file = SavedStateTest.file(Path.of(args[0]), name, format, length);
                        try (Snapshot snapshot = decoding.model().restoreState(file, manager)) {
                            check(snapshot, name, length);
                            write(SavedStateTest.goOn(decoding, snapshot.state()), out);
                        }
                    }
                }
            }
        }
    }

    private static void check(Snapshot snapshot, String name, int length) {
        if (!Arrays.equals(Tiny.prompt(length), snapshot.ids())
                || !snapshot.note().equals(name + " ß")
                || snapshot.state().position() != length) {
            throw new IllegalStateException("restored " + snapshot);
        }
    }

    private static void write(float[] numbers, DataOutputStream out) throws IOException {
        out.writeInt(numbers.length);
        for (float number : numbers) {
            out.writeInt(Float.floatToRawIntBits(number));
        }
    }

    static List<float[]> read(Path file) throws IOException {
        List<float[]> all = new ArrayList<>();
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            while (all.size() < SavedStateTest.MODELS.size() * SavedStateTest.LENGTHS.length) {
                float[] numbers = new float[in.readInt()];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = Float.intBitsToFloat(in.readInt());
                }
                all.add(numbers);
            }
        }
        return all;
    }
}
