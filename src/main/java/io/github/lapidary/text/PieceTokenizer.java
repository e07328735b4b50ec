package io.github.lapidary.text;

import java.util.BitSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** What tokenizers over a vocabulary of SentencePiece style have in common. */
abstract class PieceTokenizer implements Tokenizer {

    private final Vocabulary vocabulary;
    private final BitSet special;
    private final int bosId;
    private final boolean stripLeadingSpace;
    private final AddedTokens specialNames;

    /**
     * @param vocabulary the tokens
     * @param special the ids of the special tokens
     * @param bosId the id of the beginning-of-sequence token
     * @param stripLeadingSpace whether encoding puts a space before a text, so that decoding takes
     *     one away
     */
    PieceTokenizer(Vocabulary vocabulary, BitSet special, int bosId, boolean stripLeadingSpace) {
        this.vocabulary = vocabulary;
        this.special = special;
        this.bosId = bosId;
        this.stripLeadingSpace = stripLeadingSpace;
        specialNames = new AddedTokens(vocabulary, special);
    }

    /** Returns the ids of a text without lone surrogates, with nothing put before them. */
    abstract int[] encodeText(String text);

    /** Does the same for a text in which names of special tokens are text like any other. */
    abstract int[] encodeWithoutSpecial(String text);

    @Override
    public final int[] encodeAsText(String text) {
        String valid = withoutLoneSurrogates(text);
        for (int i = 0; i < valid.length(); i++) {
            if (specialNames.longestAt(valid, i) != Vocabulary.NONE) {
                return encodeWithoutSpecial(valid);
            }
        }
        return encodeText(valid);
    }

    @Override
    public final int[] encode(String text, boolean addBos) {
        int[] ids = encodeText(withoutLoneSurrogates(text));
        if (!addBos || (ids.length > 0 && ids[0] == bosId)) {
            return ids;
        }
        int[] result = new int[ids.length + 1];
        result[0] = bosId;
        System.arraycopy(ids, 0, result, 1, ids.length);
        return result;
    }

    private static String withoutLoneSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return replaceLoneSurrogates(text);
            }
        }
        return text;
    }

    private static String replaceLoneSurrogates(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .forEach(result::appendCodePoint);
        return result.toString();
    }

    @Override
    public final String decode(int[] ids, boolean skipSpecial) {
        StreamingDecoder decoder = streamingDecoder(skipSpecial);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.add(id));
        }
        return text.append(decoder.finish()).toString();
    }

    @Override
    public final StreamingDecoder streamingDecoder(boolean skipSpecial) {
        return new StreamingDecoder(
                vocabulary, skipSpecial ? special : new BitSet(), stripLeadingSpace);
    }

    @Override
    public final String piece(int id) {
        return vocabulary.piece(id);
    }

    @Override
    public final int longestPiece() {
        return vocabulary.longestPiece();
    }

    @Override
    public final OptionalInt id(String piece) {
        int id = vocabulary.find(piece);
        return id == Vocabulary.NONE ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public final int size() {
        return vocabulary.size();
    }

    @Override
    public final boolean isSpecial(int id) {
        vocabulary.piece(id);
        return special.get(id);
    }

    @Override
    public final Set<String> specialTokens() {
        return special.stream().mapToObj(vocabulary::piece).collect(Collectors.toSet());
    }

    @Override
    public final int bosId() {
        return bosId;
    }
}
