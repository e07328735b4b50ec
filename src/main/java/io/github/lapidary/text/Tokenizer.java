package io.github.lapidary.text;

import java.util.OptionalInt;
import java.util.Set;

/**
 * Turns text into token ids and back.
 *
 * <p>A tokenizer may be used from many threads at once. Ids run from 0 to {@link #size()}
 * exclusive; a few below that may be unused and are refused like ids beyond it.
 */
public interface Tokenizer extends AutoCloseable {

    /**
     * Returns the ids of a text.
     *
     * <p>Names of control tokens inside the text, such as {@code <end_of_turn>}, become those
     * tokens. A surrogate without its partner counts as U+FFFD.
     *
     * @param text any text, the empty one included
     * @param addBos whether the ids begin with the beginning-of-sequence token; if the text itself
     *     begins with its name, it is not doubled
     * @throws IllegalStateException if the tokenizer is closed
     */
    int[] encode(String text, boolean addBos);

    /**
     * Returns the ids of a text in which names of special tokens are text like any other.
     *
     * <p>Of a Hugging Face folder, the first text that has such a name makes this reread {@code
     * tokenizer.json}, and take as much memory again.
     *
     * @param text any text, the empty one included
     * @throws IllegalStateException if the tokenizer is closed
     * @throws java.io.UncheckedIOException if the file cannot be read again
     */
    int[] encodeAsText(String text);

    /**
     * Returns the text of a sequence of ids.
     *
     * <p>A run of byte tokens that is not valid UTF-8 yields one U+FFFD a byte.
     *
     * @param ids the ids, in order
     * @param skipSpecial whether special tokens leave no trace in the text; else they appear by
     *     name
     * @throws IllegalArgumentException if an id is not in the vocabulary
     */
    String decode(int[] ids, boolean skipSpecial);

    /**
     * Returns a new decoder that takes the ids one by one.
     *
     * @param skipSpecial as in {@link #decode}
     */
    StreamingDecoder streamingDecoder(boolean skipSpecial);

    /**
     * Returns how the vocabulary spells a token: U+2581 for a space, {@code <0x0A>} for a byte.
     *
     * @throws IllegalArgumentException if the id is not in the vocabulary
     */
    String piece(int id);

    /** Returns the id of the token that the vocabulary spells so. */
    OptionalInt id(String piece);

    /** Returns how many UTF-16 characters of a text a token stands for at the most. */
    int longestPiece();

    /** Returns the number above the highest id. */
    int size();

    /**
     * Returns whether a token steers the model instead of being part of the text.
     *
     * @throws IllegalArgumentException if the id is not in the vocabulary
     */
    boolean isSpecial(int id);

    /** Returns how the vocabulary spells the special tokens. */
    Set<String> specialTokens();

    /** Returns the id of the beginning-of-sequence token. */
    int bosId();

    @Override
    void close();
}
