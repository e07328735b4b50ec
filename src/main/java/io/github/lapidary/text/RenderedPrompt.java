package io.github.lapidary.text;

/**
 * A conversation as a model reads it.
 *
 * @param text the text that the chat template makes
 * @param ids the tokens of the text
 */
@SuppressWarnings("ArrayRecordComponent") // a prompt is read once, and never compared
public record RenderedPrompt(String text, int[] ids) {}
