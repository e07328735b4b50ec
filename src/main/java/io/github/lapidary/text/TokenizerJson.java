package io.github.lapidary.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** The tokenizer of a Hugging Face folder, which Hugging Face's own library runs. */
public final class TokenizerJson extends PieceTokenizer {

    private final Path file;
    private final String stamp;
    private final Set<String> lateTokens;
    private final HuggingFaceTokenizer library;

    /** The library's tokenizer that knows no special tokens, or 0 until one is needed. */
    private long withoutSpecial;

    /** The library frees its memory at once, also under a call that still uses it. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private boolean closed;

    private TokenizerJson(
            Path file,
            TokenizerFile.Content content,
            BitSet special,
            int bosId,
            String stamp,
            HuggingFaceTokenizer library) {
        super(content.vocabulary(), special, bosId, false);
        this.file = file;
        this.stamp = stamp;
        lateTokens = Set.copyOf(content.lateTokens().values());
        this.library = library;
    }

    /**
     * Loads {@code tokenizer.json} and, if it is there, {@code tokenizer_config.json}.
     *
     * @param folder the folder that holds them
     * @throws NoSuchFileException if there is no {@code tokenizer.json}
     * @throws MalformedFileException if one of them is not what it should be, or a tokenizer whose
     *     tokens become text in another way than Gemma's
     */
    public static Tokenizer load(Path folder) throws IOException {
        checkPresent(folder);
        Path file = file(folder);
        String stamp = stamp(file);
        TokenizerFile.Content content = TokenizerFile.read(file);
        TokenizerSettings settings =
                TokenizerSettings.read(folder.resolve("tokenizer_config.json"));
        Vocabulary vocabulary = content.vocabulary();
        BitSet special = content.special();
        for (String token : settings.specialTokens()) {
            int id = vocabulary.find(token);
            if (id != Vocabulary.NONE) {
                special.set(id);
            }
        }
        int bosId = vocabulary.find(settings.bosToken());
        if (bosId == Vocabulary.NONE) {
            throw new MalformedFileException(
                    file,
                    "the beginning-of-sequence token "
                            + settings.bosToken()
                            + " is not in the vocabulary.");
        }
        HuggingFaceTokenizer library = open(file);
        try {
            checkLateTokens(file, content.lateTokens(), library);
        } catch (MalformedFileException | RuntimeException e) {
            library.close();
            throw e;
        }
        return new TokenizerJson(file, content, special, bosId, stamp, library);
    }

    /** Returns what is another once the file has been written anew. */
    private static String stamp(Path file) throws IOException {
        return Files.size(file) + " " + Files.getLastModifiedTime(file);
    }

    private static Path file(Path folder) {
        return folder.resolve("tokenizer.json");
    }

    /**
     * Does nothing if there is a file to load.
     *
     * @throws NoSuchFileException if there is no {@code tokenizer.json}
     */
    public static void checkPresent(Path folder) throws NoSuchFileException {
        if (!Files.isRegularFile(file(folder))) {
            throw new NoSuchFileException(
                    file(folder).toString(), null, "there is no such file; a tokenizer needs it.");
        }
    }

    private static HuggingFaceTokenizer open(Path file) throws IOException {
        LibUtils.checkStatus(); // A missing native library is not the file's fault.
        try {
            return HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optAddSpecialTokens(false)
                    .optTruncation(false)
                    .optPadding(false)
                    .build();
        } catch (RuntimeException e) {
            throw new MalformedFileException(file, "it is no tokenizer: " + e.getMessage(), e);
        }
    }

    /** The library numbers tokens outside the model's vocabulary itself. */
    private static void checkLateTokens(
            Path file, Map<Integer, String> lateTokens, HuggingFaceTokenizer library)
            throws MalformedFileException {
        for (Map.Entry<Integer, String> token : lateTokens.entrySet()) {
            int[] ids = encode(library.getHandle(), token.getValue());
            if (ids.length != 1 || ids[0] != token.getKey()) {
                throw new MalformedFileException(
                        file,
                        "the added token %s has the id %d but is encoded as %s."
                                .formatted(token.getValue(), token.getKey(), Arrays.toString(ids)));
            }
        }
    }

    /** Encodes without fetching the tokens' names and places, which takes half as long again. */
    private static int[] encode(long tokenizer, String text) {
        long encoding = TokenizersLibrary.LIB.encode(tokenizer, text, false);
        try {
            long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
            int[] result = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                result[i] = Math.toIntExact(ids[i]);
            }
            return result;
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    @Override
    int[] encodeText(String text) {
        return whileOpen(() -> encode(library.getHandle(), text));
    }

    @Override
    int[] encodeWithoutSpecial(String text) {
        return whileOpen(() -> encode(withoutSpecial(), text));
    }

    private int[] whileOpen(Supplier<int[]> encoding) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("The tokenizer is closed.");
            }
            return encoding.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    private synchronized long withoutSpecial() {
        if (withoutSpecial == 0) {
            try {
                if (!stamp(file).equals(stamp)) {
                    throw new MalformedFileException(
                            file, "it has changed since it was loaded; load the model anew.");
                }
                String json = TokenizerCopy.withoutSpecial(file, specialTokens(), lateTokens);
                withoutSpecial = TokenizersLibrary.LIB.createTokenizerFromString(json);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return withoutSpecial;
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            library.close();
            if (withoutSpecial != 0) {
                TokenizersLibrary.LIB.deleteTokenizer(withoutSpecial);
                withoutSpecial = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
