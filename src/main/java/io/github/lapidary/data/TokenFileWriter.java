package io.github.lapidary.data;

import io.github.lapidary.file.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** Writes a token file document by document; its header last, when the numbers are known. */
final class TokenFileWriter {

    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final int vocabularySize;
    private final int bytesPerId;
    private final int flags;
    private final String tokenizer;
    private final MessageDigest digest = Sha256.begin();
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long[] table = new long[64];
    private int documents;
    private long tokens;
    private long textBytes;

    /**
     * Begins a file.
     *
     * @param channel the empty file
     * @param vocabularySize the number above the highest id
     * @param flags what each document begins and ends with
     * @param tokenizer the digest of the tokenizer, in hexadecimal digits
     */
    TokenFileWriter(FileChannel channel, int vocabularySize, int flags, String tokenizer)
            throws IOException {
        this.channel = channel;
        this.vocabularySize = vocabularySize;
        this.flags = flags;
        this.tokenizer = tokenizer;
        bytesPerId = TokenFileHeader.bytesPerId(vocabularySize);
        channel.position(TokenFileHeader.BYTES);
    }

    /** Adds tokens to the present document. */
    void add(int... ids) throws IOException {
        for (int id : ids) {
            if (id < 0 || id >= vocabularySize) {
                throw new IllegalArgumentException(
                        "The token id %d is not in the vocabulary of %d."
                                .formatted(id, vocabularySize));
            }
            flushUnless(Integer.BYTES);
            if (bytesPerId == Short.BYTES) {
                buffer.putShort((short) id);
            } else {
                buffer.putInt(id);
            }
        }
        tokens += ids.length;
    }

    /** Ends the present document, whose text has this many bytes. */
    void endDocument(long bytes) {
        textBytes += bytes;
        documents = Math.addExact(documents, 1);
        if (2 * documents + 2 > table.length) {
            table = Arrays.copyOf(table, Math.multiplyExact(2, table.length));
        }
        table[2 * documents] = tokens;
        table[2 * documents + 1] = textBytes;
    }

    /** Writes what is left, and the header. */
    void finish() throws IOException {
        flushUnless(Long.BYTES);
        buffer.put(new byte[TokenFileHeader.padding(tokens, bytesPerId)]);
        for (int i = 0; i < 2 * documents + 2; i++) {
            flushUnless(Long.BYTES);
            buffer.putLong(table[i]);
        }
        flush();
        TokenFileHeader header =
                new TokenFileHeader(
                        bytesPerId,
                        vocabularySize,
                        flags,
                        documents,
                        tokens,
                        textBytes,
                        tokenizer,
                        HexFormat.of().formatHex(digest.digest()));
        channel.position(0);
        write(header.encode());
    }

    private void flushUnless(int room) throws IOException {
        if (buffer.remaining() < room) {
            flush();
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        digest.update(buffer.duplicate());
        write(buffer);
        buffer.clear();
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
