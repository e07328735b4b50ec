package io.github.lapidary.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the elements of a container's tensors, whole or in parts, into buffers of the caller.
 *
 * <p>The files stay open until this is closed. Nothing is mapped, and memory beside the caller's is
 * a few hundred kilobytes a call. Many threads may read at the same time; interrupting one of them
 * closes the file for all.
 */
public final class TensorReader implements Closeable {

    private static final int CHUNK_BYTES = 1 << 18;

    private final Map<Path, FileChannel> channels = new HashMap<>();

    /** Opens the files of a container's tensors. */
    public TensorReader(TensorContainer container) throws IOException {
        try {
            for (TensorEntry entry : container.tensors().values()) {
                if (!channels.containsKey(entry.file())) {
                    channels.put(entry.file(), RegularFile.open(entry.file()));
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Fills a buffer with stored bytes of a tensor.
     *
     * @param firstByte counted from the tensor's first
     * @throws IllegalArgumentException if the tensor has fewer bytes, or is of another container
     * @throws IOException if the file cannot be read, or has become shorter
     */
    public void readBytes(TensorEntry entry, long firstByte, ByteBuffer bytes) throws IOException {
        check(entry, firstByte, bytes.remaining(), entry.bytes());
        long position = entry.offset() + firstByte;
        FileChannel channel = channels.get(entry.file());
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes, position);
            if (count < 0) {
                throw new MalformedFileException(
                        entry.file(),
                        "the file ends at byte %d, inside the tensor %s; it was longer when opened."
                                .formatted(channel.size(), entry.name()));
            }
            position += count;
        }
    }

    /**
     * Fills a buffer with elements of a tensor, widened to floats.
     *
     * @param firstElement counted from the tensor's first; it and the buffer's remaining room are
     *     multiples of the type's {@link StoredType#blockElements()}
     * @throws IllegalArgumentException if the tensor has fewer elements, is of another container or
     *     of a type that {@link Dequantizer} does not read, or the elements are no whole blocks
     * @throws IOException if the file cannot be read, or has become shorter
     */
    public void readFloats(TensorEntry entry, long firstElement, FloatBuffer floats)
            throws IOException {
        StoredType type = entry.type();
        check(entry, firstElement, floats.remaining(), entry.elements());
        long position = type.bytes(firstElement);
        long left = type.bytes(floats.remaining());
        int chunk = (int) Math.min(left, CHUNK_BYTES - CHUNK_BYTES % type.blockBytes());
        ByteBuffer bytes = ByteBuffer.allocate(chunk);
        while (left > 0) {
            bytes.clear().limit((int) Math.min(left, chunk));
            readBytes(entry, position, bytes);
            position += bytes.limit();
            left -= bytes.limit();
            Dequantizer.dequantize(type, bytes.flip(), floats);
        }
    }

    private void check(TensorEntry entry, long first, long count, long available) {
        if (!channels.containsKey(entry.file())) {
            throw new IllegalArgumentException(
                    "The tensor %s of %s is of another container."
                            .formatted(entry.name(), entry.file()));
        }
        if (first < 0 || first > available - count) {
            throw new IllegalArgumentException(
                    "From %d on %d of the tensor %s cannot be read: it has %d."
                            .formatted(first, count, entry.name(), available));
        }
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (FileChannel channel : channels.values()) {
            try {
                channel.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
