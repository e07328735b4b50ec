/**
 * A training run from a configuration file: checkpoints, resuming, validation, metrics.
 *
 * <p>{@link io.github.lapidary.training.run.RunConfig} says what is trained, {@link
 * io.github.lapidary.training.run.TrainingRun} does it. The optimizer is {@code training}'s, the
 * token files are {@code data}'s.
 *
 * <p>Above the facade: only it, {@code training}, {@code chart} and what these use may be imported.
 */
package io.github.lapidary.training.run;
