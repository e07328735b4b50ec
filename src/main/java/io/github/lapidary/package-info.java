/**
 * Gemma, RecurrentGemma and GLaM for the Deep Java Library.
 *
 * <p>Here lives the entry point that ties the packages together; nothing below may import it.
 */
package io.github.lapidary;
