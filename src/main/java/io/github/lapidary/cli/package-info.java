/**
 * The command line.
 *
 * <p>Here live the commands, their options, and what they print. Only this package may write to the
 * standard streams and read the environment; nothing may import it.
 */
package io.github.lapidary.cli;
