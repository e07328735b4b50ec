package io.github.lapidary.translate;

import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.text.ChatPrompt;

/**
 * A conversation to answer, and how.
 *
 * @param prompt the conversation
 * @param options how tokens are chosen and when to end
 * @param trusted whether control tokens inside the messages take effect; else they stay text, so
 *     that no message can forge a turn
 */
public record ChatRequest(ChatPrompt prompt, GenerationOptions options, boolean trusted) {

    /** Describes a conversation with messages of anybody. */
    public ChatRequest(ChatPrompt prompt, GenerationOptions options) {
        this(prompt, options, false);
    }
}
