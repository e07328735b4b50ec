package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.ndarray.NDManager;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.OpenResources;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.Mutator;
import io.github.lapidary.file.OutgoingTensor;
import io.github.lapidary.file.Safetensors;
import io.github.lapidary.file.SafetensorsWriter;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that are no state of the model are refused, and nothing of them is left. A kind of state
 * names a tiny checkpoint with three layers.
 */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StateFileContract {

    static final int TOKENS = 90;

    private static final int CHECKSUM_BYTES = 32;
    private static final int MUTANTS = 2_000;
    private static final long MAX_PRIVATE_BYTES = 100L << 20;

    private Path folder;
    private LanguageModel model;
    private NDManager manager;
    private OpenResources open;
    private Path good;
    private Path bad;

    /** Returns the checkpoint. */
    abstract String checkpoint();

    @BeforeAll
    void save(@TempDir Path temporary) throws Exception {
        folder = temporary;
        model = load(checkpoint(), WeightFormat.BFLOAT16);
        manager = OpenResources.manager(model);
        open = OpenResources.of(model);
        good = folder.resolve("good");
        bad = folder.resolve("bad");
        save(model, good);
    }

    @AfterEach
    void nothingIsLeftOpen() {
        open.assertUnchanged();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static LanguageModel load(String name, WeightFormat format) throws Exception {
        return LanguageModel.load(Tiny.path(name), LoadOptions.defaults().withFormat(format));
    }

    private static void save(LanguageModel other, Path file) throws IOException {
        NDManager own = OpenResources.manager(other);
        Decoding decoding = new Decoding(other.block(), own);
        try (DecodingState state = decoding.start()) {
            decoding.feed(state, Tiny.ids(TOKENS - 1));
            Optional<DecodingState> earlier =
                    state.goesBack() ? Optional.empty() : Optional.of(state.fork());
            decoding.feed(state, Tiny.ids(TOKENS)[TOKENS - 1]);
            int[] ids = Tiny.prompt(TOKENS);
            other.block().saveState(new Snapshot(state, ids, earlier, "a note"), file);
            earlier.ifPresent(DecodingState::close);
        }
    }

    /** Returns why a state of another model is refused. */
    final String refusalOfAnother(String name, WeightFormat format) throws Exception {
        try (LanguageModel other = load(name, format)) {
            save(other, bad);
        }
        return refusal(bad);
    }

    private String refusal(Path file) {
        Exception e =
                assertThrows(IOException.class, () -> model.block().restoreState(file, manager));
        String message = e.getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertEquals(1, message.lines().count(), message);
        return message.substring((file + ": ").length());
    }

    @Test
    void whatIsNoState() throws Exception {
        assertEquals(
                "this is no saved state of a model.",
                refusal(Tiny.path(checkpoint()).resolve("model.safetensors")));
        Files.writeString(bad, "Some text that is no state.");
        assertTrue(refusal(bad).startsWith("the header's length is "));
        assertThrows(
                NoSuchFileException.class,
                () -> model.block().restoreState(folder.resolve("none"), manager));
    }

    @Test
    void truncatedAndTamperedOnes() throws Exception {
        byte[] bytes = Files.readAllBytes(good);
        for (int length : new int[] {0, 7, 300, bytes.length / 2, bytes.length - 1}) {
            Files.write(bad, Arrays.copyOf(bytes, length));
            refusal(bad);
        }
        for (int place : new int[] {bytes.length / 2, bytes.length - 1}) {
            byte[] changed = bytes.clone();
            changed[place] ^= 1;
            Files.write(bad, changed);
            assertEquals("the checksum does not fit the bytes: the file is damaged.", refusal(bad));
        }
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Files.writeString(bad, text.replace("a note", "A note"), StandardCharsets.ISO_8859_1);
        assertEquals("the checksum does not fit the bytes: the file is damaged.", refusal(bad));
    }

    /** A state file whose parts can be changed one by one, with a checksum that fits again. */
    final class Forgery {

        private final Map<String, String> metadata;
        final Map<String, OutgoingTensor> tensors = new LinkedHashMap<>();

        Forgery() throws IOException {
            Safetensors file = Safetensors.read(good);
            metadata = new LinkedHashMap<>(file.metadata());
            try (TensorReader reader = new TensorReader(file)) {
                for (TensorEntry entry : file.tensors().values()) {
                    ByteBuffer bytes = ByteBuffer.allocate((int) entry.bytes());
                    reader.readBytes(entry, 0, bytes);
                    put(entry.name(), entry.type(), entry.shape(), bytes.array());
                }
            }
            tensors.remove("checksum");
        }

        void put(String name, StoredType type, List<Long> shape, byte[] bytes) {
            tensors.put(
                    name,
                    new OutgoingTensor(name, type, shape, o -> o.write(ByteBuffer.wrap(bytes))));
        }

        void put(String name, int... numbers) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(numbers);
            put(name, StoredType.I32, List.of((long) numbers.length), bytes.array());
        }

        String refusal() throws IOException {
            new SafetensorsWriter(metadata).writeSealed(bad, List.copyOf(tensors.values()));
            return StateFileContract.this.refusal(bad);
        }
    }

    @Test
    void otherVersions() throws Exception {
        Forgery forgery = new Forgery();
        forgery.metadata.put("lapidary_state", "2");
        assertEquals("the saved state has the version 2; expected 3.", forgery.refusal());
    }

    @Test
    void missingAndUnknownParts() throws Exception {
        for (String name : new Forgery().tensors.keySet()) {
            Forgery forgery = new Forgery();
            forgery.tensors.remove(name);
            String message = forgery.refusal();
            String expected =
                    name.equals("earlier.tokens")
                            ? "it holds what the model does not know: earlier.layers.0."
                            : name + " is missing; expected ";
            assertTrue(message.startsWith(expected), message);
        }
        Forgery more = new Forgery();
        more.put("layers.3.arrangement", 1, 2);
        assertEquals(
                "it holds what the model does not know: layers.3.arrangement.", more.refusal());
        Forgery many = new Forgery();
        for (int i = 0; i < 100; i++) {
            many.put("other" + i, 1);
        }
        assertTrue(many.refusal().endsWith(", other15 and more."), many.refusal());
        Forgery large = new Forgery();
        large.put("layers.0.arrangement", new int[1_000_000]);
        assertEquals(
                "layers.0.arrangement has 1000000 numbers; expected 8 at most.", large.refusal());
        Forgery withoutNote = new Forgery();
        withoutNote.metadata.remove("note");
        assertEquals("the note is missing.", withoutNote.refusal());
    }

    @Test
    void otherTokens() throws Exception {
        Forgery tokens = new Forgery();
        tokens.put("tokens", StoredType.U8, List.of(90L), new byte[90]);
        assertEquals("tokens is U8 [90]; expected a list of I32.", tokens.refusal());

        Forgery unknown = new Forgery();
        int[] ids = Tiny.prompt(TOKENS);
        ids[3] = 640;
        unknown.put("tokens", ids);
        assertEquals("a token is 640; the vocabulary has 640.", unknown.refusal());
    }

    /** Half of the mutants get a checksum that fits again. */
    @Test
    void damagedOnesOfAnyKind() throws Exception {
        byte[] bytes = Files.readAllBytes(good);
        Mutator mutator = new Mutator(5);
        int[] outcomes = new int[3];
        long before = ProcessMemory.privateBytesOfTheLiving();
        for (int i = 0; i < MUTANTS; i++) {
            boolean sealed = mutator.chance();
            byte[] mutant = sealed ? resealed(bytes, mutator) : mutator.damage(bytes);
            Files.write(bad, mutant);
            boolean same = Arrays.equals(mutant, bytes);
            outcomes[restore(i, sealed || same)]++;
            open.assertUnchanged();
        }
        assertTrue(
                outcomes[0] > MUTANTS / 2 && outcomes[1] > MUTANTS / 50, Arrays.toString(outcomes));
        long more = ProcessMemory.privateBytesOfTheLiving() - before;
        assertTrue(more < MAX_PRIVATE_BYTES, more + " bytes more");
    }

    /** Damages the header or the arrays, and puts length and checksum right again. */
    private static byte[] resealed(byte[] bytes, Mutator mutator) throws Exception {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) file.getLong()];
        file.get(header);
        byte[] data = new byte[file.remaining() - CHECKSUM_BYTES];
        file.get(data);
        if (mutator.chance()) {
            header = mutator.damageText(header);
        } else {
            byte[] damaged = mutator.damage(Arrays.copyOf(data, 400)); // of the numbers
            System.arraycopy(damaged, 0, data, 0, Math.min(400, damaged.length));
        }
        byte[] content =
                ByteBuffer.allocate(Long.BYTES + header.length + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(header.length)
                        .put(header)
                        .put(data)
                        .array();
        byte[] sealed = Arrays.copyOf(content, content.length + CHECKSUM_BYTES);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
        System.arraycopy(digest, 0, sealed, content.length, CHECKSUM_BYTES);
        return sealed;
    }

    /** Returns 0 for a file that was refused, 1 for a state that goes on. */
    private int restore(int number, boolean mayFit) {
        try (Snapshot restored = model.block().restoreState(bad, manager)) {
            assertTrue(mayFit, "mutant " + number);
            new Decoding(model.block(), manager).feed(restored.state(), 5, 6);
            return 1;
        } catch (MalformedFileException e) {
            return 0;
        } catch (IOException | RuntimeException e) {
            return fail("mutant " + number, e);
        }
    }

    /** Nothing of a file that breaks off while it is read is left, either. */
    @Test
    void theModelWorksAsBefore() throws Exception {
        List<float[]> logits = new ArrayList<>();
        Decoding decoding = new Decoding(model.block(), manager);
        for (int i = 0; i < 2; i++) {
            try (Snapshot restored = model.block().restoreState(good, manager)) {
                logits.add(decoding.feed(restored.state(), 7, 8));
            }
            Files.write(bad, new byte[100]);
            refusal(bad);
        }
        assertArrayEquals(logits.get(0), logits.get(1));
    }
}
