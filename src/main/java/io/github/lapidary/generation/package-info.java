/**
 * From logits to text: options, samplers, stop rules, log-probabilities, the loop and its events;
 * and conversations.
 *
 * <p>Here is decided which token follows and when a text ends. Only {@code model}, {@code text} and
 * what they use may be imported; nothing here knows a model family.
 */
package io.github.lapidary.generation;
