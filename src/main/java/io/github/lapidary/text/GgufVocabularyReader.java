package io.github.lapidary.text;

import io.github.lapidary.file.GgufMetadata;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/** Reads and checks the vocabulary in the metadata of a GGUF file. */
final class GgufVocabularyReader {

    private static final String MODEL = "tokenizer.ggml.model";
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String SCORES = "tokenizer.ggml.scores";
    private static final String TYPES = "tokenizer.ggml.token_type";
    private static final String BOS = "tokenizer.ggml.bos_token_id";
    private static final String UNKNOWN_ID = "tokenizer.ggml.unknown_token_id";
    private static final String SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";

    // The types of tokens, as llama.cpp numbers them; the fifth, unused, takes no part in anything.
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    /** Control tokens in Hugging Face's files; converters wrote some as user-defined or normal. */
    private static final Set<String> CONTROL_NAMES =
            Set.of("<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>");

    private final GgufMetadata metadata;
    private final String[] pieces;
    private final long[] types;
    private final BitSet[] idsByType = new BitSet[BYTE + 1];

    private GgufVocabularyReader(GgufMetadata metadata) {
        this.metadata = metadata;
        checkPresent(metadata);
        pieces = metadata.strings(TOKENS).toArray(String[]::new);
        types = metadata.get(TYPES, long[].class).clone(); // some are changed
        checkLength(TYPES, types.length);
        if (pieces.length > MergeRules.MOST_TOKENS) {
            throw new IllegalArgumentException(
                    "%s has %d elements; at most %d are read."
                            .formatted(TOKENS, pieces.length, MergeRules.MOST_TOKENS));
        }
    }

    /** Does nothing if there is a vocabulary to read; otherwise throws as {@link #read} does. */
    static void checkPresent(GgufMetadata metadata) {
        String model = metadata.get(MODEL, String.class);
        if (!model.equals("llama")) {
            throw new IllegalArgumentException(
                    MODEL + " is " + model + "; only llama (SentencePiece) is read.");
        }
        metadata.strings(TOKENS);
    }

    /**
     * Reads the vocabulary.
     *
     * @throws java.util.NoSuchElementException if a key is missing or its value of another type
     * @throws IllegalArgumentException if a value is out of range or contradicts another
     */
    static GgufVocabulary read(GgufMetadata metadata) {
        return new GgufVocabularyReader(metadata).read();
    }

    private GgufVocabulary read() {
        Arrays.setAll(idsByType, type -> new BitSet());
        for (int id = 0; id < pieces.length; id++) {
            checkToken(id);
            if (CONTROL_NAMES.contains(pieces[id])) {
                types[id] = CONTROL;
            }
            idsByType[(int) types[id]].set(id);
            if (types[id] == USER_DEFINED) {
                // Converters put plain spaces into these, and only these.
                pieces[id] = pieces[id].replace(' ', '▁');
            }
        }
        Vocabulary vocabulary = new Vocabulary(pieces);
        BitSet special = special();
        BitSet added = idsOfType(UNKNOWN, CONTROL, USER_DEFINED);
        return new GgufVocabulary(
                vocabulary,
                special,
                tokenId(BOS),
                spacePrefix(),
                new AddedTokens(vocabulary, added),
                new AddedTokens(vocabulary, without(special, added)),
                new MergeRules(
                        vocabulary, without(special, idsOfType(NORMAL, USER_DEFINED)), scores()),
                byteTokens());
    }

    private static BitSet without(BitSet special, BitSet ids) {
        BitSet others = (BitSet) ids.clone();
        others.andNot(special);
        return others;
    }

    private void checkToken(int id) {
        if (types[id] < NORMAL || types[id] > BYTE) {
            throw new IllegalArgumentException(
                    "%s[%d] is %d; expected 1 to 6.".formatted(TYPES, id, types[id]));
        }
        if (pieces[id].length() > MergeRules.LONGEST_PIECE) {
            throw new IllegalArgumentException(
                    "%s[%d] has %d characters; at most %d are read."
                            .formatted(TOKENS, id, pieces[id].length(), MergeRules.LONGEST_PIECE));
        }
        if (types[id] == BYTE && StreamingDecoder.byteValue(pieces[id]) < 0) {
            throw new IllegalArgumentException(
                    "%s[%d] is %s, of the type of bytes; expected one like <0x0A>."
                            .formatted(TOKENS, id, pieces[id]));
        }
    }

    private void checkLength(String key, int length) {
        if (length != pieces.length) {
            throw new IllegalArgumentException(
                    "%s has %d elements, but %s has %d; expected as many."
                            .formatted(key, length, TOKENS, pieces.length));
        }
    }

    private BitSet idsOfType(int first, int... others) {
        BitSet ids = (BitSet) idsByType[first].clone();
        for (int type : others) {
            ids.or(idsByType[type]);
        }
        return ids;
    }

    private float[] scores() {
        double[] stored = metadata.get(SCORES, double[].class);
        checkLength(SCORES, stored.length);
        float[] scores = new float[stored.length];
        for (int id = 0; id < stored.length; id++) {
            if (!Double.isFinite(stored[id])) {
                throw new IllegalArgumentException(
                        "%s[%d] is %s; expected a number.".formatted(SCORES, id, stored[id]));
            }
            // SentencePiece gives user-defined tokens 0, the best; converters write something else.
            scores[id] = types[id] == USER_DEFINED ? 0 : (float) stored[id];
        }
        return scores;
    }

    private BitSet special() {
        BitSet special = idsOfType(UNKNOWN, CONTROL);
        idsOfType(CONTROL).stream()
                .filter(id -> pieces[id].startsWith("<unused"))
                .forEach(special::clear);
        return special;
    }

    private int tokenId(String key) {
        long id = metadata.get(key, Long.class);
        if (id < 0 || id >= pieces.length) {
            throw new IllegalArgumentException(
                    "%s is %d; the vocabulary has %d tokens.".formatted(key, id, pieces.length));
        }
        return (int) id;
    }

    /** The first files of Gemma did not have the key yet; for other models its default is true. */
    private boolean spacePrefix() {
        return metadata.find(SPACE_PREFIX, Boolean.class)
                .orElseGet(
                        () ->
                                !metadata.find("general.architecture", String.class)
                                        .orElse("")
                                        .contains("gemma"));
    }

    private ByteTokens byteTokens() {
        int[] ids = new int[256];
        Arrays.fill(ids, Vocabulary.NONE);
        idsOfType(BYTE).stream().forEach(id -> ids[StreamingDecoder.byteValue(pieces[id])] = id);
        boolean complete = Arrays.stream(ids).noneMatch(id -> id == Vocabulary.NONE);
        return new ByteTokens(
                ids,
                complete && !metadata.contains(UNKNOWN_ID) ? Vocabulary.NONE : tokenId(UNKNOWN_ID));
    }
}
