package io.github.lapidary.generation;

import java.util.List;

/**
 * A finished generation.
 *
 * @param promptTokens how many tokens the prompt had
 * @param reusedTokens how many of these the model had read before, in an earlier turn of a
 *     conversation
 * @param completionTokens how many tokens were generated
 * @param tokens what was generated, a stop token included; none if the options keep none
 * @param text the text of the tokens, without stop tokens and, unless asked for, the stop string;
 *     empty if the options keep none
 * @param finishReason why it ended
 * @param prefillSeconds how long the rest of the prompt took
 * @param decodeSeconds how long all steps after it took
 */
public record GenerationResult(
        int promptTokens,
        int reusedTokens,
        int completionTokens,
        List<GeneratedToken> tokens,
        String text,
        FinishReason finishReason,
        double prefillSeconds,
        double decodeSeconds) {

    /** Makes the list immutable. */
    public GenerationResult {
        tokens = List.copyOf(tokens);
    }

    /** Returns the ids of the tokens. */
    public int[] ids() {
        return tokens.stream().mapToInt(GeneratedToken::id).toArray();
    }
}
