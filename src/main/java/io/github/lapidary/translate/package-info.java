/**
 * DJL's side of the library: how {@code Criteria} finds a model, and how a {@code Predictor} and
 * DJL Serving talk to it.
 *
 * <p>Above the facade: only it, {@code scheduling} and what these use may be imported.
 */
package io.github.lapidary.translate;
