package io.github.lapidary.data;

import io.github.lapidary.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the text of documents into ids, in parts that threads can share where that changes nothing.
 *
 * <p>A vocabulary in which no token goes on after an end of line, as those of Gemma, encodes a text
 * line by line as it does as a whole.
 */
final class DocumentEncoder {

    /** Parts are at least this long, in characters. */
    private static final int PART = 1 << 15;

    private final Tokenizer tokenizer;
    private final boolean cuts;

    DocumentEncoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        cuts = !beginsWithSpace(tokenizer) && !goesOnAfterLineEnd(tokenizer);
    }

    /** Returns whether the tokenizer puts a space before each text. */
    private static boolean beginsWithSpace(Tokenizer tokenizer) {
        String first = tokenizer.piece(tokenizer.encodeAsText("a")[0]);
        return first.charAt(0) == WordBorders.SPACE;
    }

    private static boolean goesOnAfterLineEnd(Tokenizer tokenizer) {
        for (int id = 0; id < tokenizer.size(); id++) {
            String piece = TokenizerDigest.piece(tokenizer, id).orElse("");
            for (int i = 1; i < piece.length(); i++) {
                if (isCut(piece.charAt(i - 1), piece.charAt(i))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isCut(char left, char right) {
        return left == '\n' && right != '\n' && right != '\r';
    }

    /** Returns the parts of a document, which can be encoded alone. */
    List<String> parts(String text) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int place = PART; cuts && place < text.length(); place++) {
            if (isCut(text.charAt(place - 1), text.charAt(place))) {
                parts.add(text.substring(start, place));
                start = place;
                place += PART;
            }
        }
        parts.add(text.substring(start));
        return parts;
    }

    /** Returns the ids of a part; names of control tokens in it are text like any other. */
    int[] encode(String part) {
        return tokenizer.encodeAsText(part);
    }
}
