/**
 * What a generation remembers, layer by layer.
 *
 * <p>Here live the states of layers and {@code DecodingState}, which is one sequence. States are
 * updated in place by kernels and closed by their owner. A sequence can be saved to a file. Only
 * {@code config}, {@code kernel} and {@code file} may be imported.
 */
package io.github.lapidary.state;
