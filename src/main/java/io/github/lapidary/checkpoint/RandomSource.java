package io.github.lapidary.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.FloatBuffer;

/**
 * Random numbers for a parameter: uniform, with mean 0 and a standard deviation of 0.02.
 *
 * <p>Each depends on nothing but the seed, the parameter's path and the element's place, so that
 * slices and threads change nothing. A block of elements has a key, made by the finaliser of <a
 * href="https://prng.di.unimi.it/splitmix64.c">SplitMix64</a>; in a block places are hashed with
 * the key and multipliers from <a
 * href="https://github.com/skeeto/hash-prospector">hash-prospector</a>, in a loop that the compiler
 * turns into vector instructions.
 */
final class RandomSource implements FloatSource {

    private static final double STANDARD_DEVIATION = 0.02;

    /** From an int of any value to a number within ±σ·√3. */
    private static final float SCALE = (float) (STANDARD_DEVIATION * Math.sqrt(3) / 0x1p31);

    private static final int BLOCK = 256;
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private final long key;

    RandomSource(long seed, String path) {
        long hash = seed;
        for (byte letter : path.getBytes(UTF_8)) {
            hash = mix(hash + GOLDEN_RATIO + letter);
        }
        key = hash;
    }

    @Override
    public void read(long first, FloatBuffer floats) {
        float[] block = new float[BLOCK];
        for (long number = first / BLOCK; floats.hasRemaining(); number++) {
            fill(block, mix(key + number * GOLDEN_RATIO));
            floats.put(block, 0, Math.min(BLOCK, floats.remaining()));
        }
    }

    private static void fill(float[] block, long key) {
        int low = (int) key;
        int high = (int) (key >>> 32);
        for (int i = 0; i < BLOCK; i++) {
            int x = (i ^ low) * 0x21F0AAAD;
            x = (x ^ (x >>> 15) ^ high) * 0x735A2D97;
            block[i] = (x ^ (x >>> 15)) * SCALE;
        }
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
