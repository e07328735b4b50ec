/**
 * What a generation remembers, layer by layer.
 *
 * <p>Here live the states of layers and {@code DecodingState}, which is one sequence. States are
 * updated in place by kernels and closed by their owner. Only {@code config} and {@code kernel} may
 * be imported.
 */
package io.github.lapidary.state;
