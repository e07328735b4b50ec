/**
 * Whole models: the one loop over layers, and for each family an assembly that reads like its
 * paper.
 *
 * <p>Here is the only switch on the family. Only {@code nn} and what it may use may be imported.
 */
package io.github.lapidary.model;
