/**
 * The building blocks of the models, as DJL Blocks.
 *
 * <p>Here live blocks that own structure, parameters and names; their arithmetic is kernels. Each
 * can be used alone in any DJL model. Only {@code config}, {@code kernel} and {@code state} may be
 * imported.
 */
package io.github.lapidary.nn;
