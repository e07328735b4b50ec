package io.github.lapidary.data;

import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StagedFiles;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Training of a tokenizer in the manner of Gemma's: byte-pair merging over words, with tokens for
 * bytes where a character is not in the vocabulary.
 *
 * <p>Ids begin with the control tokens {@code <pad>}, {@code <eos>}, {@code <bos>}, {@code <unk>},
 * {@code <mask>}, {@code <start_of_turn>}, {@code <end_of_turn>}, then come the 256 bytes, what
 * merges have made, runs of spaces, and single characters. A space is spelled U+2581 and begins the
 * word that follows; no token has two words, a sign beside a letter, an end of line beside anything
 * else, or two digits.
 *
 * <p>The same texts give the same tokenizer, in whatever order the files are named.
 */
public final class TokenizerTraining {

    /** The largest vocabulary that is trained. */
    public static final int MOST_PIECES = 1 << 20;

    private static final String TOKENIZER = "tokenizer.json";
    private static final String CONFIGURATION = "tokenizer_config.json";
    private static final long PERCENT = 100;
    private static final String TASK = "The training of the tokenizer";

    private final WordBorders borders;
    private final ProgressListener listener;

    TokenizerTraining(WordBorders borders, ProgressListener listener) {
        this.borders = borders;
        this.listener = listener;
    }

    /**
     * What was trained.
     *
     * @param vocabularySize the number of tokens
     * @param characters how many single characters are among them
     * @param merges the number of merges learnt
     * @param textBytes the length of all texts in UTF-8
     */
    public record Result(int vocabularySize, int characters, int merges, long textBytes) {}

    /**
     * Trains a tokenizer and writes {@code tokenizer.json} and {@code tokenizer_config.json}, which
     * Hugging Face's libraries and this one read.
     *
     * @param texts the files to learn from
     * @param vocabularySize the number of tokens, exactly
     * @param folder where the files are written; it is made, but files in it are not replaced
     * @param listener hears the progress in percent
     * @throws io.github.lapidary.file.MalformedFileException if a file is no text; the message
     *     names the place
     * @throws java.nio.file.FileAlreadyExistsException if the folder has such a file
     * @throws InterruptedIOException if this thread is interrupted; then nothing is written
     * @throws IllegalArgumentException if there are no files, the vocabulary has no room for the
     *     tokens that must be in it, or the texts do not have so many pieces
     */
    public static Result train(
            List<TextSource> texts, int vocabularySize, Path folder, ProgressListener listener)
            throws IOException {
        TokenizerTraining training = new TokenizerTraining(WordBorders.GEMMA, listener);
        try {
            return training.train(texts, vocabularySize, folder);
        } catch (IOException e) {
            throw Interruption.told(TASK, e);
        }
    }

    Result train(List<TextSource> texts, int vocabularySize, Path folder) throws IOException {
        int room = vocabularySize - TokenizerFiles.RESERVED;
        if (texts.isEmpty() || room < 2 || vocabularySize > MOST_PIECES) {
            throw new IllegalArgumentException(
                    "A tokenizer needs texts and a vocabulary of %d to %d tokens; there are %d texts and %d tokens."
                            .formatted(
                                    TokenizerFiles.RESERVED + 2,
                                    MOST_PIECES,
                                    texts.size(),
                                    vocabularySize));
        }
        Files.createDirectories(folder); // and what would fail at the end, before the work begins
        for (String name : List.of(TOKENIZER, CONFIGURATION)) {
            StagedFiles.checkAbsent(folder.resolve(name));
        }
        WordCounts counts = new WordCounts(borders);
        long textBytes = read(texts, counts);
        List<Integer> alphabet = counts.alphabet(room / 2);
        PairMerger merger = new PairMerger(alphabet, counts.words(alphabet));
        merge(merger, room);
        listener.progress(PERCENT, PERCENT);
        TokenizerFiles files =
                new TokenizerFiles(alphabet.size(), merger.pieces(), merger.merges());
        try (StagedFiles staged = new StagedFiles(folder)) {
            staged.add(TOKENIZER, files.tokenizer());
            staged.add(CONFIGURATION, files.configuration());
            staged.publish();
        }
        return new Result(vocabularySize, alphabet.size(), merger.merges().size(), textBytes);
    }

    private long read(List<TextSource> texts, WordCounts counts) throws IOException {
        long total = 0;
        for (TextSource text : texts) {
            total += Files.exists(text.file()) ? Files.size(text.file()) : 0;
        }
        long all = Math.max(1, total);
        long[] done = new long[2]; // bytes of the files before, bytes of texts
        for (TextSource text : texts) {
            DocumentReader.read(
                    text,
                    (document, bytesRead) -> {
                        Interruption.check(TASK);
                        counts.add(document);
                        done[1] += Utf8Length.of(document);
                        listener.progress(
                                Math.min(PERCENT / 2, PERCENT / 2 * (done[0] + bytesRead) / all),
                                PERCENT);
                    });
            done[0] += Files.size(text.file());
        }
        return done[1];
    }

    private void merge(PairMerger merger, int room) throws IOException {
        int first = merger.pieces().size();
        while (merger.pieces().size() < room) {
            Interruption.check(TASK);
            if (!merger.mergeNext()) {
                throw new IllegalArgumentException(
                        "The texts have pieces for a vocabulary of %d tokens, not of %d: more text is needed, or a smaller vocabulary."
                                .formatted(
                                        merger.pieces().size() + TokenizerFiles.RESERVED,
                                        room + TokenizerFiles.RESERVED));
            }
            long half = PERCENT / 2;
            int merged = merger.pieces().size() - first;
            listener.progress(half + half * merged / (room - first), PERCENT);
        }
    }
}
