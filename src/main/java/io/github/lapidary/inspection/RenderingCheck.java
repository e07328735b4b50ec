package io.github.lapidary.inspection;

import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.RenderedPrompt;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Renders a small conversation and looks at its tokens. */
final class RenderingCheck {

    private static final String REPLY = "Blue";
    private static final String WHERE = "the chat template";

    private final Tokenizer tokenizer;
    private final RenderedPrompt conversation;

    private RenderingCheck(Tokenizer tokenizer, RenderedPrompt conversation) {
        this.tokenizer = tokenizer;
        this.conversation = conversation;
    }

    /**
     * Renders the conversation.
     *
     * @throws IOException if the template cannot, with its message
     */
    static RenderingCheck render(ChatFormat format, Tokenizer tokenizer) throws IOException {
        return new RenderingCheck(
                tokenizer,
                format.render(
                        ChatPrompt.of(Message.user("A colour?"), Message.assistant(REPLY))
                                .withGenerationPrompt(false)));
    }

    /** Returns the control token that the template puts after a reply, if it puts one. */
    OptionalInt endOfTurn() {
        String text = conversation.text();
        int reply = text.lastIndexOf(REPLY);
        int[] after =
                reply < 0
                        ? new int[0]
                        : tokenizer.encode(text.substring(reply + REPLY.length()), false);
        return after.length > 0 && tokenizer.isSpecial(after[0])
                ? OptionalInt.of(after[0])
                : OptionalInt.empty();
    }

    /**
     * Returns what is wrong.
     *
     * @param sign what tells that the model was trained for conversations, if anything does
     */
    List<Finding> findings(ModelConfig config, Optional<String> sign) {
        List<Finding> findings = new ArrayList<>();
        beginning(config.specialTokens().bosTokenId()).ifPresent(findings::add);
        List<Integer> ends = config.specialTokens().eosTokenIds();
        OptionalInt endOfTurn = endOfTurn();
        if (endOfTurn.isPresent() && !ends.contains(endOfTurn.getAsInt())) {
            findings.add(runsOn(endOfTurn.getAsInt(), ends, sign));
        }
        return findings;
    }

    private Optional<Finding> beginning(int bos) {
        int[] ids = conversation.ids();
        long count = Arrays.stream(ids).filter(id -> id == bos).count();
        String name = VocabularyCheck.named(tokenizer, bos);
        if (count == 1 && ids[0] == bos) {
            return Optional.empty();
        }
        if (count == 0) {
            return Optional.of(
                    Finding.error(
                            "Rendered conversations do not begin with " + name + ".",
                            WHERE,
                            "The model was trained with it: replies get worse, or make no sense.",
                            "Let the template begin with {{ bos_token }}."));
        }
        return Optional.of(
                Finding.warning(
                        "A rendered conversation has the token %s %d times, %s."
                                .formatted(
                                        name,
                                        count,
                                        ids[0] == bos
                                                ? "first at its beginning"
                                                : "not at its beginning"),
                        WHERE,
                        "The model saw it once, at the beginning: replies get worse.",
                        "Let the template write {{ bos_token }} once, at its beginning."));
    }

    private Finding runsOn(int endOfTurn, List<Integer> ends, Optional<String> sign) {
        String what =
                "The template ends a turn with %s, which is not among the end tokens %s."
                        .formatted(VocabularyCheck.named(tokenizer, endOfTurn), ends);
        String remedy =
                "Add %d to eos_token_id in generation_config.json (or config.json)."
                        .formatted(endOfTurn);
        if (sign.isPresent()) {
            return Finding.warning(
                    what + " " + sign.get(),
                    "eos_token_id",
                    "A reply does not end: the model goes on and writes the user's turns too.",
                    remedy);
        }
        return Finding.note(
                what,
                "eos_token_id",
                "None with a base model, nor on one that writes an end token after its turn. Replies"
                        + " of any other run on.",
                "If replies run on: " + remedy);
    }
}
