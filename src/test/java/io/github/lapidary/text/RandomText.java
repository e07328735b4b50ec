package io.github.lapidary.text;

import java.util.List;
import java.util.Random;

/**
 * Makes texts on which tokenizers may disagree: pieces of a vocabulary, cut, and odd characters.
 */
final class RandomText {

    private static final List<String> ODD =
            List.of(
                    " ",
                    "  ",
                    "▁",
                    "▁▁",
                    "▁ ",
                    " ▁",
                    "\n",
                    "\n\n",
                    "\t",
                    "\t\t",
                    "\r",
                    "<",
                    "</",
                    ">",
                    "<b>",
                    "<bos>",
                    "<unused",
                    "<start_of_turn>",
                    "<0x0A>",
                    "🙂",
                    "👍🏽",
                    "é",
                    "e\u0301",
                    "ᚠ",
                    "𝔘",
                    "\0",
                    "\u00a0",
                    "aaaa",
                    "日本",
                    "\uFFFD",
                    "\uFEFF");

    private final Random random;
    private final Tokenizer tokenizer;

    RandomText(Random random, Tokenizer tokenizer) {
        this.random = random;
        this.tokenizer = tokenizer;
    }

    String next() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            switch (random.nextInt(6)) {
                case 0, 1 -> text.append(ODD.get(random.nextInt(ODD.size())));
                case 2 -> text.appendCodePoint(random.nextInt(0x3000));
                default -> text.append(piece());
            }
        }
        return text.toString();
    }

    private String piece() {
        String piece = tokenizer.piece(random.nextInt(tokenizer.size()));
        String spaced = random.nextBoolean() ? piece.replace('▁', ' ') : piece;
        return random.nextInt(4) == 0 ? spaced.substring(random.nextInt(spaced.length())) : spaced;
    }
}
