/**
 * Checkpoints: from files to a model with weights, and back.
 *
 * <p>Here live the one table of foreign tensor names, the strict loader and the writer. Only {@code
 * model}, {@code file} and what these may use may be imported.
 */
package io.github.lapidary.checkpoint;
