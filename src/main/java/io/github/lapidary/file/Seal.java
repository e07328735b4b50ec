package io.github.lapidary.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * A checksum at the end of a safetensors file: its last tensor holds the SHA-256 of all bytes
 * before that tensor's.
 */
final class Seal implements WritableByteChannel {

    static final String NAME = "checksum";

    private static final int CHUNK_BYTES = 1 << 18;

    private final WritableByteChannel file;
    private final MessageDigest digest = Sha256.begin();

    /** Takes the bytes of a file on their way there. */
    Seal(WritableByteChannel file) {
        this.file = file;
    }

    /** Returns the tensor that must be written last. */
    OutgoingTensor tensor() {
        return new OutgoingTensor(
                NAME,
                StoredType.U8,
                List.of((long) Sha256.BYTES),
                out -> out.write(ByteBuffer.wrap(digest.digest())));
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        ByteBuffer written = bytes.duplicate();
        int count = file.write(bytes);
        digest.update(written.limit(bytes.position()));
        return count;
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    /** Does nothing: the file belongs to the writer. */
    @Override
    public void close() {}

    /** Refuses a file that does not end with the checksum of its bytes. */
    static void check(Path path, SeekableByteChannel channel, TensorEntry entry)
            throws IOException {
        if (entry == null
                || entry.type() != StoredType.U8
                || !entry.shape().equals(List.of((long) Sha256.BYTES))
                || entry.offset() != channel.size() - Sha256.BYTES) {
            throw new MalformedFileException(
                    path,
                    "the checksum is missing; expected %d bytes at the end of the file."
                            .formatted(Sha256.BYTES));
        }
        MessageDigest digest = Sha256.begin();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        channel.position(0);
        for (long left = entry.offset(); left > 0; left -= chunk.limit()) {
            chunk.clear().limit((int) Math.min(left, CHUNK_BYTES));
            RegularFile.fill(path, channel, chunk);
            digest.update(chunk);
        }
        ByteBuffer expected = ByteBuffer.allocate(Sha256.BYTES);
        RegularFile.fill(path, channel, expected);
        if (!Arrays.equals(expected.array(), digest.digest())) {
            throw new MalformedFileException(
                    path, "the checksum does not fit the bytes: the file is damaged.");
        }
    }
}
