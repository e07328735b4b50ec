/**
 * Looks at a checkpoint without running it: what it holds, what it needs, and what is wrong with
 * it; and at what was heard of a model's experts while it ran.
 *
 * <p>{@link io.github.lapidary.inspection.Inspection} and {@link
 * io.github.lapidary.inspection.RoutingReport} are the reports. Here live they and the checks. Only
 * {@code checkpoint}, {@code text} and what these may use may be imported; nothing here asks for
 * the family of a model.
 */
package io.github.lapidary.inspection;
