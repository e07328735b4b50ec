package io.github.lapidary.nn;

/**
 * The experts that a token was sent to.
 *
 * @param firstExpert counted from 0
 * @param firstWeight what its result was multiplied by
 * @param secondExpert another one
 * @param secondWeight at most the first
 */
public record TokenRoute(
        int firstExpert, float firstWeight, int secondExpert, float secondWeight) {}
