package io.github.lapidary.data;

import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The first {@value #BYTES} bytes of a token file, little-endian.
 *
 * <p>Magic (8 bytes), version, bytes of an id, vocabulary size, flags (4 each), documents, tokens,
 * bytes of text (8 each), digest of the tokenizer, checksum of all that follows the header (32
 * each), zeros, and in the last 4 bytes the CRC-32 of those before. The ids follow, padded to a
 * multiple of 8, then for each document, and once more for the end, two numbers of 8 bytes: its
 * first token, and the bytes of text before it.
 *
 * @param bytesPerId 2 or 4
 * @param vocabularySize the number above the highest id
 * @param flags what each document begins and ends with
 * @param documentCount the number of documents
 * @param tokenCount the number of tokens
 * @param textBytes the bytes of the documents' text in UTF-8
 * @param tokenizer the digest of the tokenizer, in hexadecimal digits
 * @param checksum the SHA-256 of what follows, in hexadecimal digits
 */
record TokenFileHeader(
        int bytesPerId,
        int vocabularySize,
        int flags,
        long documentCount,
        long tokenCount,
        long textBytes,
        String tokenizer,
        String checksum) {

    static final int BYTES = 128;
    static final int BOS = 1;
    static final int EOS = 2;

    private static final int VERSION = 1;
    private static final long MAGIC = 0x6B6F7464_6970616CL; // "lapidtok"
    private static final int SHORT_IDS = 1 << Short.SIZE;
    private static final int CHECKED = BYTES - Integer.BYTES;
    private static final int ALIGNMENT = Long.BYTES;

    /** Returns how many bytes an id takes. */
    static int bytesPerId(int vocabularySize) {
        return vocabularySize <= SHORT_IDS ? Short.BYTES : Integer.BYTES;
    }

    /** Returns the bytes of zeros after the ids. */
    static int padding(long tokenCount, int bytesPerId) {
        return (int) Math.floorMod(-tokenCount * bytesPerId, (long) ALIGNMENT);
    }

    /** Returns where the table of documents begins. */
    long tableStart() {
        return BYTES + tokenCount * bytesPerId + padding(tokenCount, bytesPerId);
    }

    /** Returns how long the file is. */
    long fileBytes() {
        return tableStart() + (documentCount + 1) * 2 * Long.BYTES;
    }

    ByteBuffer encode() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(bytesPerId);
        bytes.putInt(vocabularySize).putInt(flags);
        bytes.putLong(documentCount).putLong(tokenCount).putLong(textBytes);
        bytes.put(HexFormat.of().parseHex(tokenizer));
        bytes.put(HexFormat.of().parseHex(checksum));
        bytes.putInt(CHECKED, crc(bytes.array()));
        return bytes.rewind();
    }

    private static int crc(byte[] header) {
        CRC32 crc = new CRC32();
        crc.update(header, 0, CHECKED);
        return (int) crc.getValue();
    }

    /** Reads a header and holds it against the size of its file. */
    static TokenFileHeader decode(Path file, byte[] header, long fileBytes)
            throws MalformedFileException {
        ByteBuffer bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.getLong() != MAGIC) {
            throw new MalformedFileException(file, "it is no token file.");
        }
        int version = bytes.getInt();
        if (version != VERSION) {
            throw new MalformedFileException(
                    file,
                    "it is a token file of version %d; only %d is read."
                            .formatted(version, VERSION));
        }
        if (bytes.getInt(CHECKED) != crc(header)) {
            throw new MalformedFileException(
                    file, "the header's checksum does not fit: the file is damaged.");
        }
        TokenFileHeader result =
                new TokenFileHeader(
                        bytes.getInt(),
                        bytes.getInt(),
                        bytes.getInt(),
                        bytes.getLong(),
                        bytes.getLong(),
                        bytes.getLong(),
                        digest(bytes),
                        digest(bytes));
        result.check(file, fileBytes);
        return result;
    }

    private static String digest(ByteBuffer bytes) {
        byte[] digest = new byte[Sha256.BYTES];
        bytes.get(digest);
        return HexFormat.of().formatHex(digest);
    }

    private void check(Path file, long bytes) throws MalformedFileException {
        boolean possible =
                vocabularySize > 0
                        && bytesPerId == bytesPerId(vocabularySize)
                        && Arrays.stream(new long[] {documentCount, tokenCount, textBytes})
                                .allMatch(count -> count > 0 && count < Long.MAX_VALUE / 64)
                        && documentCount < Integer.MAX_VALUE;
        if (!possible) {
            throw new MalformedFileException(file, "the header contradicts itself: " + this + ".");
        }
        if (bytes != fileBytes()) {
            throw new MalformedFileException(
                    file,
                    "the file has %d bytes; expected %d for %d tokens in %d documents."
                            .formatted(bytes, fileBytes(), tokenCount, documentCount));
        }
    }
}
