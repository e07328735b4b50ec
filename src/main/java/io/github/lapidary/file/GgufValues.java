package io.github.lapidary.file;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the key-value part of a GGUF header. */
final class GgufValues {

    /** The types of values; the ordinals are the format's numbers. */
    private enum Type {
        UINT8(1),
        INT8(1),
        UINT16(2),
        INT16(2),
        UINT32(4),
        INT32(4),
        FLOAT32(4),
        BOOL(1),
        STRING(8),
        ARRAY(12),
        UINT64(8),
        INT64(8),
        FLOAT64(8);

        private static final List<Type> ALL = List.of(values());

        /** The bytes that a value takes at least. */
        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    /** A key's length, a value's type and a value of one byte. */
    static final int ENTRY_BYTES = Long.BYTES + Integer.BYTES + 1;

    private final GgufInput input;
    private final Map<String, Object> values = new LinkedHashMap<>();
    private int arrayElementsLeft = Limits.ARRAY_ELEMENTS;

    GgufValues(GgufInput input) {
        this.input = input;
    }

    GgufMetadata read(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            input.reading("the key number " + i);
            String key = input.string(Limits.KEY_BYTES);
            input.reading("the key " + key);
            if (values.put(key, value(type())) != null) {
                throw input.malformed("is there twice.");
            }
        }
        return new GgufMetadata(values);
    }

    private Type type() throws IOException {
        int number = input.int32();
        if (number < 0 || number >= Type.ALL.size()) {
            throw input.malformed(
                    "has the type %d; expected 0 to %d.".formatted(number, Type.ALL.size() - 1));
        }
        return Type.ALL.get(number);
    }

    private Object value(Type type) throws IOException {
        return switch (type) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> integer(type);
            case FLOAT32, FLOAT64 -> real(type);
            case BOOL -> truth();
            case STRING -> input.string(Limits.STRING_BYTES);
            case ARRAY -> array();
        };
    }

    private long integer(Type type) throws IOException {
        return switch (type) {
            case UINT8 -> input.int8() & 0xFF;
            case INT8 -> input.int8();
            case UINT16 -> input.int16() & 0xFFFF;
            case INT16 -> input.int16();
            case UINT32 -> input.int32() & 0xFFFF_FFFFL;
            case INT32 -> input.int32();
            case UINT64 -> input.unsigned64();
            case INT64 -> input.int64();
            default -> throw new IllegalArgumentException(type + " is no integer.");
        };
    }

    private double real(Type type) throws IOException {
        return type == Type.FLOAT32
                ? Float.intBitsToFloat(input.int32())
                : Double.longBitsToDouble(input.int64());
    }

    private boolean truth() throws IOException {
        int value = input.int8();
        if (value != 0 && value != 1) {
            throw input.malformed("holds the truth value %d; expected 0 or 1.".formatted(value));
        }
        return value == 1;
    }

    private Object array() throws IOException {
        Type type = type();
        if (type == Type.ARRAY) {
            throw input.malformed("holds an array of arrays, which the library does not read.");
        }
        int count = input.count(arrayElementsLeft, type.bytes);
        arrayElementsLeft -= count;
        return switch (type) {
            case STRING -> strings(count);
            case BOOL -> truths(count);
            case FLOAT32, FLOAT64 -> reals(type, count);
            default -> integers(type, count);
        };
    }

    private List<String> strings(int count) throws IOException {
        String[] strings = new String[count];
        for (int i = 0; i < count; i++) {
            strings[i] = input.string(Limits.STRING_BYTES);
        }
        return Collections.unmodifiableList(Arrays.asList(strings));
    }

    private boolean[] truths(int count) throws IOException {
        boolean[] truths = new boolean[count];
        for (int i = 0; i < count; i++) {
            truths[i] = truth();
        }
        return truths;
    }

    private double[] reals(Type type, int count) throws IOException {
        double[] reals = new double[count];
        for (int i = 0; i < count; i++) {
            reals[i] = real(type);
        }
        return reals;
    }

    private long[] integers(Type type, int count) throws IOException {
        long[] integers = new long[count];
        for (int i = 0; i < count; i++) {
            integers[i] = integer(type);
        }
        return integers;
    }
}
