package io.github.lapidary.translate;

import io.github.lapidary.generation.GenerationOptions;

/**
 * A text to continue, and how.
 *
 * @param text the text, before which the one token goes that begins every text
 * @param options how tokens are chosen and when to end
 */
public record TextRequest(String text, GenerationOptions options) {}
