/**
 * DJL's side of the library: how {@code Criteria} finds a model, and how a {@code Predictor} and
 * DJL Serving talk to it.
 *
 * <p>A URL that begins with {@code lapidary:} is enough to find one; {@link
 * io.github.lapidary.translate.GenerativeBlockFactory}, {@link
 * io.github.lapidary.translate.PreparedFolder} and {@link
 * io.github.lapidary.translate.LapidaryModelZoo} are other ways, and {@link
 * io.github.lapidary.translate.GenerationTranslatorFactory} has the translators.
 *
 * <p>Above the facade: only it, {@code scheduling} and what these use may be imported.
 */
package io.github.lapidary.translate;
