/**
 * Text and tokens: tokenizers, the decoding of streamed tokens, messages and chat templates.
 *
 * <p>A {@link io.github.lapidary.text.Tokenizer} turns text into ids and back; a {@link
 * io.github.lapidary.text.ChatFormat} turns the messages of a conversation into a prompt. Here
 * lives everything between a conversation and token ids. No tensor, no model and no engine class
 * may be imported; of the library only the package {@code file}.
 */
package io.github.lapidary.text;
