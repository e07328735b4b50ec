package io.github.lapidary.data;

import io.github.lapidary.file.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes token files without a tokenizer. */
final class TokenFiles {

    private TokenFiles() {}

    /** Writes documents, of which each counts as four bytes of text a token. */
    static TokenFile write(Path path, int vocabularySize, int[]... documents) throws IOException {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            TokenFileWriter writer =
                    new TokenFileWriter(channel, vocabularySize, 0, "00".repeat(Sha256.BYTES));
            for (int[] document : documents) {
                writer.add(document);
                writer.endDocument(4L * document.length);
            }
            writer.finish();
        }
        return TokenFile.open(path);
    }
}
