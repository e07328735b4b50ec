/**
 * Training of language models, in DJL's loop or in one of one's own.
 *
 * <p>{@link io.github.lapidary.training.AdamW} is an optimizer for both; {@link
 * io.github.lapidary.training.TokenCrossEntropy} and {@link io.github.lapidary.training.Perplexity}
 * are for DJL's {@code TrainingConfig}; {@link io.github.lapidary.training.GradientSum} is the
 * leaner way. The loss itself and its gradients are {@code model}'s.
 *
 * <p>Above the facade: only it, {@code data} and what these use may be imported.
 */
package io.github.lapidary.training;
