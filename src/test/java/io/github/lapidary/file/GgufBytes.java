package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes the parts of a GGUF file one after another, honest or not. */
final class GgufBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Starts a file of version 3 with its counts. */
    static GgufBytes header(long tensors, long keys) {
        return new GgufBytes().raw("GGUF").int32(3).int64(tensors).int64(keys);
    }

    GgufBytes raw(String text) {
        bytes.writeBytes(text.getBytes(UTF_8));
        return this;
    }

    GgufBytes int8(int value) {
        bytes.write(value);
        return this;
    }

    GgufBytes int32(int value) {
        bytes.writeBytes(littleEndian(4).putInt(value).array());
        return this;
    }

    GgufBytes int64(long value) {
        bytes.writeBytes(littleEndian(8).putLong(value).array());
        return this;
    }

    GgufBytes string(String text) {
        return int64(text.getBytes(UTF_8).length).raw(text);
    }

    /** Starts a value: its key and type. */
    GgufBytes key(String key, int type) {
        return string(key).int32(type);
    }

    GgufBytes tensor(String name, int type, long offset, long... innermostFirst) {
        string(name).int32(innermostFirst.length);
        for (long size : innermostFirst) {
            int64(size);
        }
        return int32(type).int64(offset);
    }

    /** Ends the header and appends the tensors' bytes, which are zero. */
    byte[] data(int count) {
        int start = (bytes.size() + 31) / 32 * 32;
        bytes.writeBytes(new byte[start + count - bytes.size()]);
        return bytes.toByteArray();
    }

    byte[] end() {
        return bytes.toByteArray();
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
