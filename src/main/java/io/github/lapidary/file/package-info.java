/**
 * Containers of tensors: safetensors and GGUF.
 *
 * <p>Here live their headers, metadata, tensor directories and byte ranges, and the arithmetic of
 * GGUF's block formats. No engine and no other package of the library may be imported.
 */
package io.github.lapidary.file;
