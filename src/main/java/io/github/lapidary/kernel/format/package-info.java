/**
 * The formats in which weights are held and multiplied.
 *
 * <p>Here lives the choice of a format for a processor, and how an array in it is made and read
 * back. The products themselves are kernels.
 */
package io.github.lapidary.kernel.format;
