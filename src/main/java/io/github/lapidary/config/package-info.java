/**
 * What a model is made of: records, their presets, and their readers and writer.
 *
 * <p>Here live one record for each family, the readers of {@code config.json}, {@code
 * generation_config.json} and GGUF metadata, and the writer. No engine may be imported, and of the
 * library only the package {@code file}.
 */
package io.github.lapidary.config;
