package io.github.lapidary.inspection;

import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.RenderedPrompt;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
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
     * Returns what is wrong with the end of a turn, if anything is.
     *
     * @param ends the tokens that end a text
     * @param isOwn whether the checkpoint brings the template
     * @param sign what tells that the model was trained for conversations, if anything does
     */
    Optional<Finding> ending(List<Integer> ends, boolean isOwn, Optional<String> sign) {
        OptionalInt endOfTurn = endOfTurn();
        boolean stops = endOfTurn.isEmpty() || ends.contains(endOfTurn.getAsInt());
        return stops || (!isOwn && sign.isEmpty())
                ? Optional.empty()
                : Optional.of(runsOn(endOfTurn.getAsInt(), ends, sign));
    }

    /** Returns what is wrong with the beginning, if anything is. */
    Optional<Finding> beginning() {
        int bos = tokenizer.bosId();
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
                "eos_token_id in generation_config.json (or config.json) should list %d too."
                        .formatted(endOfTurn);
        if (sign.isPresent()) {
            return Finding.warning(
                    what + " " + sign.get(),
                    "eos_token_id",
                    "Replies run on into the user's turns in programs that go by the end tokens,"
                            + " generate among them; conversations here stop at it all the same.",
                    remedy);
        }
        return Finding.note(
                what,
                "eos_token_id",
                "None with a base model, or one that writes an end token after its turn; replies of"
                        + " any other run on.",
                "If replies run on, " + remedy);
    }
}
