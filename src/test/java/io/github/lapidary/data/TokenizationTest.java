package io.github.lapidary.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Golden;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizationTest {

    private static final int BOS = 2;
    private static final int EOS = 1;

    @TempDir private Path folder;

    private Tokenizer tokenizer;
    private Path target;

    @BeforeEach
    void open() throws IOException {
        tokenizer = Texts.tokenizer();
        target = folder.resolve("out.tokens");
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private TextSource text(String name, String text) throws IOException {
        return TextSource.separated(Files.writeString(folder.resolve(name), text), "--");
    }

    private TokenFile run(TextSource... sources) throws IOException {
        return Tokenization.run(
                List.of(sources), tokenizer, target, TokenizationOptions.defaults());
    }

    private static int[] ids(TokenFile file, int document) throws IOException {
        return file.ids(document, 0, (int) file.tokens(document));
    }

    private int[] expected(String text) {
        int[] ids = tokenizer.encodeAsText(text);
        int[] expected = new int[ids.length + 2];
        expected[0] = BOS;
        System.arraycopy(ids, 0, expected, 1, ids.length);
        expected[ids.length + 1] = EOS;
        return expected;
    }

    @Test
    void documentsComeBackInOrder() throws IOException {
        String[] texts = {
            "First.\n",
            "<bos>Second <end_of_turn> é🙂\n",
            "third\n",
            Files.readString(Texts.TRAINING)
        };
        TokenFile file =
                run(
                        text("a.txt", texts[0] + "--\n" + texts[1] + "--\n" + texts[2]),
                        TextSource.document(Texts.TRAINING));

        file.verify(ProgressListener.NONE);
        file.checkTokenizer(tokenizer);
        assertEquals(texts.length, file.documentCount());
        assertTrue(file.hasBos() && file.hasEos());
        assertEquals(Texts.VOCABULARY_SIZE, file.vocabularySize());
        long bytes = 0;
        long tokens = 0;
        for (int i = 0; i < texts.length; i++) {
            int[] ids = ids(file, i);
            assertArrayEquals(expected(texts[i]), ids);
            assertEquals(
                    texts[i], tokenizer.decode(Arrays.copyOfRange(ids, 1, ids.length - 1), false));
            assertEquals(texts[i].getBytes(UTF_8).length, file.textBytes(i));
            bytes += file.textBytes(i);
            tokens += ids.length;
        }
        assertEquals(bytes, file.textBytes());
        assertEquals(tokens, file.tokenCount());
        assertArrayEquals(Arrays.copyOfRange(ids(file, 1), 3, 7), file.ids(1, 3, 4));
        assertThrows(IllegalArgumentException.class, () -> file.ids(0, 1, ids(file, 0).length));
        assertThrows(IllegalArgumentException.class, () -> file.ids(texts.length, 0, 1));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    List.of("a.txt", "out.tokens"),
                    files.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void partsOfADocumentMakeTheTokensOfTheWhole() throws IOException {
        Random random = new Random(4);
        StringBuilder text = new StringBuilder("x");
        while (text.length() < 400_000) {
            text.append(Texts.random(random).replace("\0", "").replace("\n--\n", ""));
        }
        assertTrue(new DocumentEncoder(tokenizer).parts(text.toString()).size() > 5);
        TokenFile file = run(text("a.txt", text.toString()));
        assertEquals(1, file.documentCount());
        assertArrayEquals(expected(text.toString()), ids(file, 0));
    }

    @Test
    void aTokenizerWithTokensAcrossLinesEncodesDocumentsWhole() throws IOException {
        // An end of line may begin a word here.
        WordBorders borders =
                (left, right) -> left != '\n' && WordBorders.GEMMA.between(left, right);
        new TokenizerTraining(borders, ProgressListener.NONE)
                .train(List.of(TextSource.document(Texts.TRAINING)), 900, folder.resolve("across"));
        try (Tokenizer across = TokenizerJson.load(folder.resolve("across"))) {
            String text = Files.readString(Texts.TRAINING).repeat(10);
            assertEquals(List.of(text), new DocumentEncoder(across).parts(text));
        }
    }

    @Test
    void threadsDoNotShowInTheFile() throws IOException {
        StringBuilder texts = new StringBuilder();
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            texts.append(Texts.random(random).replace("\0", "")).append("\n--\n");
        }
        TextSource source = text("a.txt", texts.toString());
        TokenizationOptions options = TokenizationOptions.defaults().withReplace(true);
        Tokenization.run(List.of(source), tokenizer, target, options.withThreads(1));
        byte[] alone = Files.readAllBytes(target);
        Tokenization.run(List.of(source), tokenizer, target, options.withThreads(7));
        assertArrayEquals(alone, Files.readAllBytes(target));
    }

    /** Returns the tokenizer, with its encodings counted. */
    private Tokenizer counting(AtomicInteger count) {
        return (Tokenizer)
                Proxy.newProxyInstance(
                        Tokenizer.class.getClassLoader(),
                        new Class<?>[] {Tokenizer.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().equals("encodeAsText")) {
                                count.incrementAndGet();
                            }
                            try {
                                return method.invoke(tokenizer, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    @Test
    void whatIsFinishedIsNotDoneAgain() throws IOException {
        TextSource first = text("a.txt", "one\n--\ntwo\n--\nthree\n");
        TextSource second = text("b.txt", "four\n--\nfi\0ve\n");
        TokenizationOptions options = TokenizationOptions.defaults();
        assertThrows(
                MalformedFileException.class,
                () -> Tokenization.run(List.of(first, second), tokenizer, target, options));
        assertFalse(Files.exists(target));

        text("b.txt", "four\n--\nfive\n");
        AtomicInteger count = new AtomicInteger();
        TokenFile file = Tokenization.run(List.of(first, second), counting(count), target, options);
        assertEquals(2 + 1, count.get()); // one to see whether texts get a space
        assertEquals(5, file.documentCount());
        assertArrayEquals(expected("three\n"), ids(file, 2));
        assertArrayEquals(expected("five\n"), ids(file, 4));
    }

    @Test
    void whatHasChangedOrIsDamagedIsDoneAgain() throws IOException {
        TextSource first = text("a.txt", "one\n");
        TextSource second = text("b.txt", "\0");
        for (int run = 0; run < 3; run++) {
            assertThrows(MalformedFileException.class, () -> run(first, second));
            if (run == 0) {
                text("a.txt", "another text\n");
            } else if (run == 1) {
                try (Stream<Path> parts = Files.list(folder.resolve(".out.tokens.parts"))) {
                    for (Path part : parts.toList()) {
                        byte[] bytes = Files.readAllBytes(part);
                        bytes[TokenFileHeader.BYTES + 2]++;
                        Files.write(part, bytes);
                    }
                }
            }
        }
        text("b.txt", "two\n");
        assertArrayEquals(expected("another text\n"), ids(run(first, second), 0));
    }

    @Test
    void anInterruptionLeavesNoHalfFile() throws IOException {
        TextSource first = text("a.txt", "one\n");
        TextSource second = text("b.txt", "two\n");
        TokenizationOptions options =
                TokenizationOptions.defaults()
                        .withListener((done, total) -> Thread.currentThread().interrupt());
        assertThrows(
                InterruptedIOException.class,
                () -> Tokenization.run(List.of(first, second), tokenizer, target, options));
        assertTrue(Thread.interrupted());
        assertFalse(Files.exists(target));
        assertEquals(2, run(first, second).documentCount());
    }

    @Test
    void wrongUseIsRefused() throws IOException {
        TextSource source = text("a.txt", "one\n");
        assertThrows(IllegalArgumentException.class, () -> run());
        assertThrows(IllegalArgumentException.class, () -> run(source, source));
        run(source);
        byte[] before = Files.readAllBytes(target);
        assertThrows(FileAlreadyExistsException.class, () -> run(text("b.txt", "two\n")));
        assertArrayEquals(before, Files.readAllBytes(target));
    }

    @Test
    void anotherTokenizerIsRefused() throws IOException {
        TokenFile file = run(text("a.txt", "one\n"));
        try (Tokenizer other = TokenizerJson.load(Golden.path("tiny/gemma3_mqa"))) {
            MalformedFileException refusal =
                    assertThrows(MalformedFileException.class, () -> file.checkTokenizer(other));
            assertTrue(refusal.getMessage().contains("another tokenizer made it, with 640 tokens"));
        }
    }

    @Test
    void everyChangedByteIsFound() throws IOException {
        run(text("a.txt", "one two\n--\nthree\n"));
        byte[] sound = Files.readAllBytes(target);
        for (int place = 0; place < sound.length; place++) {
            byte[] damaged = sound.clone();
            damaged[place] = (byte) (damaged[place] ^ 1 << place % 8);
            Files.write(target, damaged);
            assertThrows(
                    MalformedFileException.class,
                    () -> TokenFile.open(target).verify(ProgressListener.NONE),
                    "byte " + place);
        }
        for (int length = 0; length < sound.length; length++) {
            Files.write(target, Arrays.copyOf(sound, length));
            assertThrows(MalformedFileException.class, () -> TokenFile.open(target));
        }
        Files.write(target, sound);
        TokenFile.open(target).verify(ProgressListener.NONE);
    }

    @Test
    void largeIdsTakeFourBytes() throws IOException {
        int[][] documents = {{0, 70_000, 99_999}, {65_535, 65_536}, {1}};
        TokenFile file = TokenFiles.write(target, 100_000, documents);
        file.verify(ProgressListener.NONE);
        for (int i = 0; i < documents.length; i++) {
            assertArrayEquals(documents[i], ids(file, i));
        }
        // The largest vocabulary with two bytes.
        int[] ends = {0, 32_768, 65_535};
        Path small = folder.resolve("small");
        assertArrayEquals(ends, ids(TokenFiles.write(small, 65_536, ends), 0));
        assertTrue(Files.size(small) < Files.size(target));
    }

    @Test
    void anIdOutsideOfTheVocabularyIsNotHandedOut() throws IOException {
        TokenFiles.write(target, 10, new int[] {1, 2, 3});
        try (var channel = Files.newByteChannel(target, StandardOpenOption.WRITE)) {
            channel.position(TokenFileHeader.BYTES + 2);
            channel.write(ByteBuffer.wrap(new byte[] {10}));
        }
        TokenFile file = TokenFile.open(target);
        MalformedFileException refusal =
                assertThrows(MalformedFileException.class, () -> file.ids(0, 0, 3));
        assertTrue(refusal.getMessage().contains("token 1 is 10"), refusal.getMessage());
    }

    /** What is wrong with a text is told of the text, and leaves nothing. */
    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        Path texts = Files.createDirectory(folder.resolve("texts"));
        FileSystemException refusal =
                assertThrows(FileSystemException.class, () -> run(TextSource.document(texts)));
        assertEquals(texts + ": not a regular file", refusal.getMessage());
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(texts), files.toList());
        }
    }

    @Test
    void setsOfDocumentsAreToldApart() throws IOException {
        TokenFile file = run(text("a.txt", "one two\n--\nthree four\n--\nfive six\n"));
        DocumentSet all = DocumentSet.of(file);
        Set<String> fingerprints = new HashSet<>();
        for (DocumentSet set :
                List.of(all, all.split(0.3, 1).heldOut(), all.split(0.6, 1).heldOut())) {
            fingerprints.add(new HeldOutDataset(set, 8, 2).fingerprint());
        }
        fingerprints.add(new HeldOutDataset(all, 9, 2).fingerprint());
        assertEquals(4, fingerprints.size());
    }

    @Test
    void progressReachesTheEnd() throws IOException {
        List<Long> heard = new ArrayList<>();
        TextSource source = text("a.txt", "one\n--\ntwo\n");
        Tokenization.run(
                List.of(source),
                tokenizer,
                target,
                TokenizationOptions.defaults()
                        .withListener(
                                (done, total) -> {
                                    assertEquals(11, total);
                                    heard.add(done);
                                }));
        assertEquals(heard.stream().sorted().toList(), heard);
        assertEquals(11, heard.get(heard.size() - 1));
    }
}
