package io.github.lapidary.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The tokenizer of a Hugging Face folder, which Hugging Face's own library runs. */
public final class TokenizerJson extends PieceTokenizer {

    private final HuggingFaceTokenizer library;

    /** The library frees its memory at once, also under a call that still uses it. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private boolean closed;

    private TokenizerJson(
            Vocabulary vocabulary,
            BitSet special,
            int bosId,
            boolean stripLeadingSpace,
            HuggingFaceTokenizer library) {
        super(vocabulary, special, bosId, stripLeadingSpace);
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
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(
                    file.toString(), null, "there is no such file; a tokenizer needs it.");
        }
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
        } catch (MalformedFileException e) {
            library.close();
            throw e;
        }
        return new TokenizerJson(vocabulary, special, bosId, content.stripLeadingSpace(), library);
    }

    private static HuggingFaceTokenizer open(Path file) throws IOException {
        try {
            return HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optAddSpecialTokens(false)
                    .optTruncation(false)
                    .optPadding(false)
                    .build();
        } catch (EngineException e) {
            throw e;
        } catch (RuntimeException e) {
            MalformedFileException malformed =
                    new MalformedFileException(file, "this is no tokenizer: " + e.getMessage());
            malformed.initCause(e);
            throw malformed;
        }
    }

    /** The library numbers tokens outside the model's vocabulary itself. */
    private static void checkLateTokens(
            Path file, Map<Integer, String> lateTokens, HuggingFaceTokenizer library)
            throws MalformedFileException {
        for (Map.Entry<Integer, String> token : lateTokens.entrySet()) {
            long[] ids = library.encode(token.getValue(), false, false).getIds();
            if (ids.length != 1 || ids[0] != token.getKey()) {
                throw new MalformedFileException(
                        file,
                        "the added token "
                                + token.getValue()
                                + " has the id "
                                + token.getKey()
                                + " but is encoded as "
                                + Arrays.toString(ids)
                                + ".");
            }
        }
    }

    @Override
    int[] encodeText(String text) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("The tokenizer is closed.");
            }
            long[] ids = library.encode(text, false, false).getIds();
            return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            library.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
