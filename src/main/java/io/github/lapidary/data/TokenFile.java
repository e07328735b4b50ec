package io.github.lapidary.data;

import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.Sha256;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Documents as token ids, in a file that is mapped into memory.
 *
 * <p>{@link Tokenization} writes it. Any number of threads may read it at once. The file must not
 * be changed while it is open; there is nothing to close.
 */
public final class TokenFile {

    private static final int CHUNK_BYTES = 1 << 20;

    private final Path path;
    private final TokenFileHeader header;
    private final MappedFile bytes;

    private TokenFile(Path path, TokenFileHeader header, MappedFile bytes) {
        this.path = path;
        this.header = header;
        this.bytes = bytes;
    }

    /**
     * Opens a file and checks its header and its table of documents.
     *
     * @throws NoSuchFileException if there is no such file
     * @throws MalformedFileException if it is no token file, or a damaged one
     */
    public static TokenFile open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new NoSuchFileException(path.toString(), null, "there is no such token file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer start = ByteBuffer.allocate(TokenFileHeader.BYTES);
            while (start.hasRemaining()) {
                if (channel.read(start) < 0) {
                    throw new MalformedFileException(path, "it is no token file.");
                }
            }
            TokenFileHeader header = TokenFileHeader.decode(path, start.array(), channel.size());
            MappedFile bytes = new MappedFile(path, channel);
            TokenFile file = new TokenFile(path, header, bytes);
            bytes.reading(file::checkTable);
            return file;
        }
    }

    private Void checkTable() throws MalformedFileException {
        int last = documentCount();
        boolean ascending = table(0, 0) == 0 && table(0, 1) == 0;
        for (int i = 0; i < last && ascending; i++) {
            ascending = table(i, 0) < table(i + 1, 0) && table(i, 1) <= table(i + 1, 1);
        }
        if (!ascending || table(last, 0) != tokenCount() || table(last, 1) != textBytes()) {
            throw new MalformedFileException(
                    path, "the table of documents is wrong: the file is damaged.");
        }
        return null;
    }

    private long table(int document, int column) {
        return bytes.longInteger(header.tableStart() + (2L * document + column) * Long.BYTES);
    }

    /**
     * Reads the whole file once and compares its checksum.
     *
     * @param listener hears the progress in bytes
     * @throws MalformedFileException if a byte has changed
     */
    public void verify(ProgressListener listener) throws IOException {
        MessageDigest digest = Sha256.begin();
        bytes.reading(
                () -> {
                    long place = TokenFileHeader.BYTES;
                    while (place < header.fileBytes()) {
                        ByteBuffer chunk = bytes.bytes(place, CHUNK_BYTES);
                        place += chunk.remaining();
                        digest.update(chunk);
                        listener.progress(place, header.fileBytes());
                    }
                    return null;
                });
        if (!HexFormat.of().formatHex(digest.digest()).equals(header.checksum())) {
            throw new MalformedFileException(
                    path, "the checksum does not fit the bytes: the file is damaged.");
        }
    }

    /**
     * Refuses a tokenizer with another vocabulary than the one that made the file.
     *
     * @throws MalformedFileException if it is another
     */
    public void checkTokenizer(Tokenizer tokenizer) throws MalformedFileException {
        if (!HexFormat.of().formatHex(TokenizerDigest.of(tokenizer)).equals(header.tokenizer())) {
            throw new MalformedFileException(
                    path,
                    "another tokenizer made it, with %d tokens; the one at hand has %d. Tokenize the texts again."
                            .formatted(vocabularySize(), tokenizer.size()));
        }
    }

    /**
     * Returns some ids of a document.
     *
     * @param document the document, from 0
     * @param start the first token, counted from the document's own
     * @param count the number of ids
     * @throws MalformedFileException if an id is not in the vocabulary, or the file is gone
     * @throws IllegalArgumentException if the document does not have these tokens
     */
    public int[] ids(int document, long start, int count) throws IOException {
        if (start < 0 || count < 0 || start > tokens(document) - count) {
            throw new IllegalArgumentException(
                    "The document %d has %d tokens; there are not %d from %d on."
                            .formatted(document, tokens(document), count, start));
        }
        long first = table(document, 0) + start;
        return bytes.reading(() -> read(first, count));
    }

    private int[] read(long first, int count) throws MalformedFileException {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            long place = TokenFileHeader.BYTES + (first + i) * header.bytesPerId();
            int id =
                    header.bytesPerId() == Short.BYTES
                            ? bytes.unsignedShort(place)
                            : bytes.integer(place);
            if (id < 0 || id >= vocabularySize()) {
                throw new MalformedFileException(
                        path,
                        "token %d is %d, which is not in the vocabulary of %d: the file is damaged."
                                .formatted(first + i, id, vocabularySize()));
            }
            ids[i] = id;
        }
        return ids;
    }

    /** Returns the largest id, for which it reads the whole file. */
    public int largestId() throws IOException {
        return bytes.reading(
                () -> {
                    int largest = 0;
                    for (long first = 0; first < tokenCount(); first += CHUNK_BYTES) {
                        int count = (int) Math.min(CHUNK_BYTES, tokenCount() - first);
                        largest =
                                Math.max(
                                        largest,
                                        Arrays.stream(read(first, count)).max().orElseThrow());
                    }
                    return largest;
                });
    }

    /** Returns where the file is. */
    public Path path() {
        return path;
    }

    /** Returns the number above the highest id that may be in the file. */
    public int vocabularySize() {
        return header.vocabularySize();
    }

    /** Returns whether each document begins with the beginning-of-sequence token. */
    public boolean hasBos() {
        return (header.flags() & TokenFileHeader.BOS) != 0;
    }

    /** Returns whether each document ends with the end-of-sequence token. */
    public boolean hasEos() {
        return (header.flags() & TokenFileHeader.EOS) != 0;
    }

    /** Returns the number of documents. */
    public int documentCount() {
        return (int) header.documentCount();
    }

    /** Returns the number of tokens of all documents. */
    public long tokenCount() {
        return header.tokenCount();
    }

    /** Returns how long the documents' text is in UTF-8. */
    public long textBytes() {
        return header.textBytes();
    }

    /** Returns the number of tokens of a document, at least 1. */
    public long tokens(int document) {
        checkDocument(document);
        return table(document + 1, 0) - table(document, 0);
    }

    /** Returns how long a document's text is in UTF-8. */
    public long textBytes(int document) {
        checkDocument(document);
        return table(document + 1, 1) - table(document, 1);
    }

    private void checkDocument(int document) {
        if (document < 0 || document >= documentCount()) {
            throw new IllegalArgumentException(
                    "There is no document %d; the file has %d."
                            .formatted(document, documentCount()));
        }
    }

    TokenFileHeader header() {
        return header;
    }
}
