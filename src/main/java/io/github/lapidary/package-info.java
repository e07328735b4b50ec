/**
 * Gemma, RecurrentGemma and GLaM for the Deep Java Library.
 *
 * <p>Here lives the entry point that ties the packages together; of the other packages, only those
 * above it may import it: {@code translate}, what is built on that, and {@code cli}.
 */
package io.github.lapidary;
