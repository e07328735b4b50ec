/**
 * From text to batches: training of tokenizers, files of token ids, and the rows that a model
 * learns from.
 *
 * <p>Of the library only {@code text} and what it uses may be imported. Arrays are made in one
 * place, where rows become a batch; nothing else here knows an engine.
 */
package io.github.lapidary.data;
