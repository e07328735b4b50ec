package io.github.lapidary.cli;

import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.text.StreamingDecoder;
import io.github.lapidary.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A text whose way through a model's experts is shown.
 *
 * @param model the model's folder or file
 */
record RoutedText(Path model, RoutingReport report, List<Token> tokens) {

    private static final Pattern BYTE = Pattern.compile("<0x[0-9A-F]{2}>");
    private static final String INCOMPLETE = "\uFFFD";

    /**
     * A token.
     *
     * @param piece how the vocabulary spells it; empty if it is not in the vocabulary
     * @param text what it stands for, a byte of a longer character as the vocabulary spells it
     * @param special whether it steers the model instead of being part of the text
     */
    record Token(int id, String piece, String text, boolean special) {}

    static RoutedText of(Path model, RoutingReport report, Tokenizer tokenizer) {
        StreamingDecoder vocabulary = tokenizer.streamingDecoder(true);
        return new RoutedText(
                model,
                report,
                report.ids().stream()
                        .map(
                                id ->
                                        vocabulary.knows(id)
                                                ? token(id, tokenizer)
                                                : new Token(id, "", "", true))
                        .toList());
    }

    private static Token token(int id, Tokenizer tokenizer) {
        String piece = tokenizer.piece(id);
        boolean special = tokenizer.isSpecial(id);
        String text = special ? piece : piece.replace('▁', ' ');
        if (BYTE.matcher(piece).matches()) {
            String character = tokenizer.decode(new int[] {id}, false);
            text = character.equals(INCOMPLETE) ? piece : character;
        }
        return new Token(id, piece, text, special);
    }

    /** Returns what the model is called. */
    String name() {
        return String.valueOf(model.toAbsolutePath().normalize().getFileName());
    }
}
