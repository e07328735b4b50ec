package io.github.lapidary.text;

import java.util.BitSet;

/**
 * The vocabulary that a GGUF file describes.
 *
 * @param vocabulary the tokens
 * @param special the ids of the special tokens
 * @param bosId the id of the beginning-of-sequence token
 * @param spacePrefix whether a text is encoded with a space before it
 * @param addedTokens the tokens recognised in the text as it stands
 * @param ordinaryTokens those of them that are not special
 * @param rules how tokens merge
 * @param bytes the tokens for bytes
 */
record GgufVocabulary(
        Vocabulary vocabulary,
        BitSet special,
        int bosId,
        boolean spacePrefix,
        AddedTokens addedTokens,
        AddedTokens ordinaryTokens,
        MergeRules rules,
        ByteTokens bytes) {}
