package io.github.lapidary.inspection;

import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Compares the tokenizer with the model: their sizes and the ids with a meaning. */
final class VocabularyCheck {

    /** Padding takes less of an embedding than this; a wrong tokenizer leaves more unused. */
    private static final double MOST_PADDING = 0.25;

    private static final String SAME_RELEASE = "Take the tokenizer's files of the same release.";

    private VocabularyCheck() {}

    static List<Finding> findings(ModelConfig config, Tokenizer tokenizer) {
        List<Finding> findings = new ArrayList<>();
        size(config.vocabSize(), tokenizer).ifPresent(findings::add);
        int bos = config.specialTokens().bosTokenId();
        if (bos != tokenizer.bosId()) {
            findings.add(
                    Finding.error(
                            "The token that begins every text is %d in the configuration and %s in the tokenizer."
                                    .formatted(bos, named(tokenizer, tokenizer.bosId())),
                            "bos_token_id",
                            "Texts begin with a token that the model was not trained to begin"
                                    + " with.",
                            "Correct bos_token_id, or take the tokenizer of the same release."));
        }
        for (int id : config.specialTokens().eosTokenIds()) {
            if (!isSpecial(tokenizer, id)) {
                findings.add(
                        Finding.warning(
                                "The model is to stop at %s, which is no control token."
                                        .formatted(named(tokenizer, id)),
                                "eos_token_id",
                                "Texts end where the token happens to be written, or never.",
                                "Correct eos_token_id in generation_config.json and config.json."));
            }
        }
        return findings;
    }

    private static Optional<Finding> size(int rows, Tokenizer tokenizer) {
        int tokens = tokenizer.size();
        String both =
                String.format(
                        Locale.ROOT,
                        "The tokenizer has %,d tokens, the embedding %,d rows.",
                        tokens,
                        rows);
        String where = "vocab_size";
        if (tokens > rows && areControlTokens(tokenizer, rows, tokens)) {
            return Optional.of(
                    Finding.note(
                            both,
                            where,
                            "None. What is beyond are control tokens, such as those of images, which"
                                    + " no text has.",
                            "None is needed."));
        }
        if (tokens > rows) {
            return Optional.of(
                    Finding.error(
                            both,
                            where,
                            "Texts with a token beyond the rows fail; others may get tokens of"
                                    + " another meaning.",
                            SAME_RELEASE));
        }
        if (rows - tokens > MOST_PADDING * rows) {
            return Optional.of(
                    Finding.warning(
                            both,
                            where,
                            "Tokens may have another meaning than in training; the text then makes"
                                    + " no sense.",
                            SAME_RELEASE));
        }
        return tokens == rows
                ? Optional.empty()
                : Optional.of(
                        Finding.note(
                                both,
                                where,
                                "None. Rows beyond the tokenizer are padding, which no text uses.",
                                "None is needed."));
    }

    private static boolean areControlTokens(Tokenizer tokenizer, int from, int to) {
        return IntStream.range(from, to).allMatch(id -> isSpecial(tokenizer, id));
    }

    /** Returns an id with how the vocabulary spells it. */
    static String named(Tokenizer tokenizer, int id) {
        return id + piece(tokenizer, id).map(piece -> " (" + piece + ")").orElse("");
    }

    /** Returns how the vocabulary spells a token, if it has it. */
    static Optional<String> piece(Tokenizer tokenizer, int id) {
        try {
            return Optional.of(tokenizer.piece(id));
        } catch (IllegalArgumentException e) { // there is no other way to ask
            return Optional.empty();
        }
    }

    private static boolean isSpecial(Tokenizer tokenizer, int id) {
        return piece(tokenizer, id).isPresent() && tokenizer.isSpecial(id);
    }
}
