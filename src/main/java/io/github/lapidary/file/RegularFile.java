package io.github.lapidary.file;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens files for reading; a pipe or folder, which would hang or fail obscurely, is refused. */
final class RegularFile {

    private RegularFile() {}

    static FileChannel open(Path path) throws IOException {
        if (Thread.currentThread().isInterrupted()) { // the channel would close, and not say why
            throw new InterruptedIOException(
                    path + " could not be read: the thread was interrupted.");
        }
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "there is no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new FileSystemException(path.toString(), null, "not a regular file");
        }
        return FileChannel.open(path, StandardOpenOption.READ);
    }

    /** Reads from the channel's position until the buffer is full, and flips it. */
    static void fill(Path path, SeekableByteChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new MalformedFileException(
                        path,
                        "the file ends at byte %d; expected %d more bytes."
                                .formatted(channel.position(), buffer.remaining()));
            }
        }
        buffer.flip();
    }
}
