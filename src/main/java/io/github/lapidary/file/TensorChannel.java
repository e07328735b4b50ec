package io.github.lapidary.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Takes the bytes of one tensor on their way into a file, and counts them. */
final class TensorChannel implements WritableByteChannel {

    /** The JDK copies a heap buffer whole before it writes it, and keeps that memory. */
    private static final int PIECE_BYTES = 1 << 20;

    private final WritableByteChannel file;
    private final OutgoingTensor tensor;
    private long left;

    TensorChannel(WritableByteChannel file, OutgoingTensor tensor) {
        this.file = file;
        this.tensor = tensor;
        left = tensor.bytes();
    }

    static void writeAll(WritableByteChannel file, ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        while (bytes.position() < end) {
            bytes.limit(bytes.position() + Math.min(end - bytes.position(), PIECE_BYTES));
            file.write(bytes);
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        if (count > left) {
            throw new IllegalStateException(
                    "The source of the tensor %s writes %d bytes too many; it has %d."
                            .formatted(tensor.name(), count - left, tensor.bytes()));
        }
        writeAll(file, bytes);
        left -= count;
        return count;
    }

    void checkComplete() {
        if (left > 0) {
            throw new IllegalStateException(
                    "The source of the tensor %s writes %d bytes too few; it has %d."
                            .formatted(tensor.name(), left, tensor.bytes()));
        }
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    /** Does nothing: the file belongs to the writer. */
    @Override
    public void close() {}
}
