package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Damages bytes at random places in ways that parsers are known to stumble over. */
public final class Mutator {

    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        31,
        Byte.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        1L << 32,
        100_000_000,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 7,
        Long.MIN_VALUE,
        1L << 62
    };
    private static final List<String> TEXTS =
            List.of("{", "}", "[", "]", "\"", ":", ",", "\\u0000", "\\", "\0", "é", "1e9", "null");

    private static final int KINDS = 12;
    private static final int BINARY_KINDS = 4;

    private final Random random;

    public Mutator(long seed) {
        random = new Random(seed);
    }

    public boolean chance() {
        return random.nextBoolean();
    }

    /** Returns a copy with one to four damages of any kind. */
    public byte[] damage(byte[] original) {
        return damage(original, 0);
    }

    /** Returns a copy of a text with one to four damages, most of which keep it UTF-8. */
    public byte[] damageText(byte[] original) {
        return damage(original, BINARY_KINDS);
    }

    private byte[] damage(byte[] original, int firstKind) {
        byte[] bytes = original;
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes =
                    bytes.length == 0
                            ? littleEndian(number(), 8)
                            : damageOnce(bytes, firstKind + random.nextInt(KINDS - firstKind));
        }
        return bytes;
    }

    private byte[] damageOnce(byte[] bytes, int kind) {
        int from = random.nextInt(bytes.length);
        int length = Math.min(bytes.length - from, 1 + random.nextInt(16));
        byte[] part = new byte[length];
        System.arraycopy(bytes, from, part, 0, length);
        return switch (kind) {
            case 0 -> overwrite(bytes, from, new byte[] {(byte) (bytes[from] ^ bit())});
            case 1 -> overwrite(bytes, from, new byte[] {(byte) random.nextInt()});
            case 2 -> overwrite(bytes, from / 4 * 4, littleEndian(number(), 8));
            case 3 -> overwrite(bytes, from, littleEndian(number(), 4));
            case 4 -> splice(bytes, from, bytes.length - from, new byte[0]);
            case 5 -> splice(bytes, from, length, new byte[0]);
            case 6 -> splice(bytes, random.nextInt(bytes.length), 0, part);
            case 7 -> splice(bytes, from, 0, text().getBytes(UTF_8));
            default -> replaceNumber(bytes, from);
        };
    }

    private int bit() {
        return 1 << random.nextInt(8);
    }

    private long number() {
        return NUMBERS[random.nextInt(NUMBERS.length)] + (chance() ? 0 : random.nextInt(100));
    }

    private String text() {
        return TEXTS.get(random.nextInt(TEXTS.size()));
    }

    /** Replaces the next digits written as text, if there are any. */
    private byte[] replaceNumber(byte[] bytes, int from) {
        int start = from;
        while (start < bytes.length && !Character.isDigit(bytes[start])) {
            start++;
        }
        int end = start;
        while (end < bytes.length && Character.isDigit(bytes[end])) {
            end++;
        }
        return splice(bytes, start, end - start, Long.toString(number()).getBytes(UTF_8));
    }

    private static byte[] overwrite(byte[] bytes, int from, byte[] replacement) {
        byte[] copy = bytes.clone();
        System.arraycopy(
                replacement, 0, copy, from, Math.min(replacement.length, copy.length - from));
        return copy;
    }

    private static byte[] splice(byte[] bytes, int from, int removed, byte[] inserted) {
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(bytes, 0, from);
        result.writeBytes(inserted);
        result.write(bytes, from + removed, bytes.length - from - removed);
        return result.toByteArray();
    }

    private static byte[] littleEndian(long number, int bytes) {
        byte[] result = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            result[i] = (byte) (number >> (8 * i));
        }
        return result;
    }
}
