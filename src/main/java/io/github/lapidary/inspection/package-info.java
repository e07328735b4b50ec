/**
 * Looks at a checkpoint without running it: what it holds, what it needs, and what is wrong with
 * it.
 *
 * <p>Here live the report and its checks. Only {@code checkpoint}, {@code text} and what these may
 * use may be imported; nothing here asks for the family of a model.
 */
package io.github.lapidary.inspection;
