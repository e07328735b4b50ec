package io.github.lapidary.data;

import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** The text that tokenizers are trained on here, and the tokenizer that came of it. */
final class Texts {

    static final Path TRAINING = resource("training.txt");
    static final Path TOKENIZER = resource("tokenizer");
    static final int VOCABULARY_SIZE = 640;

    private static final List<String> ODD =
            List.of(
                    " ",
                    "  ",
                    "                  ",
                    "\n",
                    "\n\n",
                    "\r\n",
                    "\t",
                    "the",
                    "The",
                    "1811",
                    "é",
                    "e\u0301",
                    "🙂",
                    "日本",
                    "'",
                    ",",
                    ".\n",
                    "<",
                    "0x41",
                    ">",
                    "\u00a0",
                    "\0");

    private Texts() {}

    private static Path resource(String name) {
        try {
            return Path.of(Texts.class.getResource("/data/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    static Tokenizer tokenizer() throws IOException {
        return TokenizerJson.load(TOKENIZER);
    }

    /** Returns a text of odd parts and any characters, without lone surrogates. */
    static String random(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            int character = random.nextInt(i % 5 == 0 ? Character.MAX_CODE_POINT + 1 : 0x250);
            if (random.nextBoolean()) {
                text.append(ODD.get(random.nextInt(ODD.size())));
            } else if (Character.getType(character) != Character.SURROGATE
                    && character != WordBorders.SPACE) {
                text.appendCodePoint(character);
            }
        }
        return text.toString();
    }
}
