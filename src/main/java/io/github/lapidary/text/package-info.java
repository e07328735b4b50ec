/**
 * Text and tokens: tokenizers and the decoding of streamed tokens.
 *
 * <p>Here lives everything between a string and token ids. No tensor, no model and no engine class
 * may be imported; of the library only the package {@code file}.
 */
package io.github.lapidary.text;
