/**
 * Kernels: the library's arithmetic, written as TorchScript text and run by DJL's PyTorch engine.
 *
 * <p>Here lives the only code that touches the engine's own classes: linking, loading and calling
 * kernels, and owning their handles. No other package of the library may be imported but {@code
 * kernel.format}.
 */
package io.github.lapidary.kernel;
