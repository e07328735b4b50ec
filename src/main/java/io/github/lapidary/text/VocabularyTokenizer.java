package io.github.lapidary.text;

import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.nio.file.Path;
import java.util.NoSuchElementException;

/**
 * The tokenizer of a GGUF file: byte-pair merging over the vocabulary and scores of its metadata.
 *
 * <p>It makes the tokens that Hugging Face's tokenizer of the same model makes: first control and
 * user-defined tokens are recognised in the text as it stands, the longest of those that begin
 * leftmost; then what lies between them becomes code points, a space being U+2581, of which
 * neighbours merge by score; what the vocabulary does not have becomes bytes.
 */
public final class VocabularyTokenizer extends PieceTokenizer {

    private final AddedTokens addedTokens;
    private final AddedTokens ordinaryTokens;
    private final MergeRules rules;
    private final ByteTokens bytes;
    private final boolean spacePrefix;

    private VocabularyTokenizer(GgufVocabulary source) {
        super(source.vocabulary(), source.special(), source.bosId(), source.spacePrefix());
        addedTokens = source.addedTokens();
        ordinaryTokens = source.ordinaryTokens();
        rules = source.rules();
        bytes = source.bytes();
        spacePrefix = source.spacePrefix();
    }

    /**
     * Makes the tokenizer that a GGUF file describes.
     *
     * <p>Like Hugging Face, it spells spaces as U+2581 also in user-defined tokens, where GGUF has
     * plain ones, and does not count {@code <unusedN>} among the special tokens.
     *
     * @param metadata the file's metadata
     * @param file the file, for messages
     * @throws MalformedFileException if the file has no vocabulary, one of another kind than {@code
     *     llama}, or one that contradicts itself
     */
    public static Tokenizer of(GgufMetadata metadata, Path file) throws MalformedFileException {
        try {
            return new VocabularyTokenizer(GgufVocabularyReader.read(metadata));
        } catch (NoSuchElementException | IllegalArgumentException | ArithmeticException e) {
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }

    /**
     * Does nothing if a GGUF file has a vocabulary to read.
     *
     * @throws MalformedFileException if it has none, or one of another kind than {@code llama}
     */
    public static void checkPresent(GgufMetadata metadata, Path file)
            throws MalformedFileException {
        try {
            GgufVocabularyReader.checkPresent(metadata);
        } catch (NoSuchElementException | IllegalArgumentException e) {
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }

    @Override
    int[] encodeText(String text) {
        if (spacePrefix && !text.isEmpty() && addedTokens.longestAt(text, 0) == Vocabulary.NONE) {
            return encodeAsIs(" " + text, addedTokens);
        }
        return encodeAsIs(text, addedTokens);
    }

    @Override
    int[] encodeWithoutSpecial(String text) {
        return encodeAsIs(text, ordinaryTokens);
    }

    private int[] encodeAsIs(String text, AddedTokens recognised) {
        String symbols = text.replace(' ', '▁');
        SymbolMerger merger = new SymbolMerger(rules, bytes, symbols);
        IdList result = new IdList(text.length() / 3);
        int start = 0;
        int place = 0;
        while (place < text.length()) {
            int id = recognised.longestAt(text, place);
            if (id != Vocabulary.NONE) {
                if (start < place) {
                    merger.merge(start, place, result);
                }
                result.add(id);
                place += piece(id).length();
                start = place;
            } else {
                if (start < place && rules.isBoundary(symbols, place)) {
                    merger.merge(start, place, result);
                    start = place;
                }
                place++;
            }
        }
        if (start < place) {
            merger.merge(start, place, result);
        }
        return result.toArray();
    }

    /** Does nothing: the vocabulary is plain memory. */
    @Override
    public void close() {}
}
