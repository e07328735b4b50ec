/**
 * Scheduling: which generations of a model run when.
 *
 * <p>Only {@code generation}, {@code text}, {@code checkpoint} and what they use may be imported;
 * nothing here knows who asks or how an answer is sent.
 */
package io.github.lapidary.scheduling;
