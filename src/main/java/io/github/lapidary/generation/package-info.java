/**
 * From logits to text: options, samplers, stop rules, log-probabilities, the loop and its events;
 * and conversations.
 *
 * <p>{@link io.github.lapidary.generation.GenerationOptions} say how a text is written, a {@link
 * io.github.lapidary.generation.TokenStream} gives it token by token, a {@link
 * io.github.lapidary.generation.GenerationResult} as a whole. Here is decided which token follows
 * and when a text ends. Only {@code model}, {@code text} and what they use may be imported; nothing
 * here knows a model family.
 */
package io.github.lapidary.generation;
