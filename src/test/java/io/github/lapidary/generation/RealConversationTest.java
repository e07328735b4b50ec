package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.RealModels;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A conversation with the released Gemma 3 270M. */
@Tag("real")
class RealConversationTest {

    private static final List<String> QUESTIONS =
            List.of(
                    "What is the capital of France?",
                    "And of Italy?",
                    "Tell me a short story about a fox and a dog.",
                    "What happens next?",
                    "Which of them is the cleverer one, and why?",
                    "Count from one to ten.",
                    "Now backwards.",
                    "Write a haiku about rain.",
                    "Translate it into German.",
                    "Thank you. What did I ask first?");

    @Test
    void tenTurnsReadEachTokenOnceAndReplyAsFreshRenderingsDo() throws Exception {
        LoadOptions exact = LoadOptions.defaults().withFormat(WeightFormat.FLOAT32);
        try (LanguageModel model =
                        LanguageModel.load(RealModels.file("gemma-3-270m-q4_k_m.gguf"), exact);
                Conversation conversation = model.conversation()) {
            Chats chat = new Chats(model, conversation);
            int endOfTurn = model.tokenizer().id("<end_of_turn>").orElseThrow();
            GenerationOptions options =
                    GenerationOptions.builder()
                            .maxNewTokens(24)
                            .repetitionPenalty(1.2)
                            .stopIds(List.of(endOfTurn))
                            .build();
            int tokensRead = 0;
            for (String question : QUESTIONS) {
                GenerationResult reply = chat.turn(question, options);
                tokensRead += reply.promptTokens() - reply.reusedTokens();
                tokensRead += reply.completionTokens() - 1; // the last is chosen, but not read
            }
            assertEquals(20, conversation.messages().size());
            assertEquals(conversation.tokensRead(), tokensRead);
            assertTrue(tokensRead > 200);
        }
    }
}
