/**
 * Text and tokens: tokenizers, the decoding of streamed tokens, messages and chat templates.
 *
 * <p>Here lives everything between a string or conversation and token ids. No tensor, no model and
 * no engine class may be imported; of the library only the package {@code file}.
 */
package io.github.lapidary.text;
