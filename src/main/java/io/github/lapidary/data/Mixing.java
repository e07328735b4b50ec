package io.github.lapidary.data;

import java.util.Arrays;

/**
 * Numbers that look random and depend on nothing but what they are made of, on every platform.
 *
 * <p>The function is the finaliser of SplitMix64, from <a
 * href="https://doi.org/10.1145/2660193.2660195">Fast Splittable Pseudorandom Number
 * Generators</a>.
 */
final class Mixing {

    private static final long STEP = 0x9E3779B97F4A7C15L;

    private Mixing() {}

    /** Returns the number that belongs to a list of numbers. */
    static long of(long... numbers) {
        return Arrays.stream(numbers).reduce(STEP, (state, number) -> mix(state + STEP ^ number));
    }

    private static long mix(long number) {
        long mixed = (number ^ number >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    /** Returns a number from 0 to below a bound that belongs to another number. */
    static long below(long bound, long mixed) {
        return Long.remainderUnsigned(mixed, bound);
    }

    /** Returns the numbers from 0 to count - 1 in the order that belongs to a seed. */
    static int[] order(int count, long seed) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int place = (int) below(i + 1L, of(seed, i));
            order[i] = order[place];
            order[place] = i;
        }
        return order;
    }
}
