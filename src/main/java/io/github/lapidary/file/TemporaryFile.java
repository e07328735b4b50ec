package io.github.lapidary.file;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is written under another name, so that its own never shows a part of it. */
public final class TemporaryFile implements Closeable {

    /** Writes what the file is to hold. */
    @FunctionalInterface
    public interface Content {

        /** Writes from the channel's beginning. */
        void write(FileChannel channel) throws IOException;
    }

    private final Path target;
    private final Path path;

    /** Names a file in the target's folder; it does not exist yet. */
    public TemporaryFile(Path target) {
        this.target = target;
        path = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    }

    Path target() {
        return target;
    }

    /** Creates and writes the file, and waits until the disk has it. */
    public void write(Content content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            content.write(channel);
            channel.force(true);
        } catch (MalformedFileException | InterruptedIOException e) {
            throw e; // of what the content is made from
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Gives the file its own name, in one step, replacing what had it. */
    public void publish() throws IOException {
        try {
            Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private IOException failure(IOException cause) {
        if (cause instanceof FileSystemException system && isOther(system.getFile())) {
            return cause; // of what the content is made from
        }
        String reason = cause.getMessage();
        if (cause instanceof ClosedByInterruptException) {
            reason = "the thread was interrupted";
        } else if (cause instanceof AccessDeniedException) {
            reason = "there is no permission to write";
        } else if (cause instanceof NoSuchFileException) {
            reason = "its folder does not exist";
        } else if (cause instanceof FileSystemException system && system.getReason() != null) {
            reason = system.getReason(); // the rest names this file, not the target
        }
        return new IOException(target + " could not be written: " + reason + ".", cause);
    }

    private boolean isOther(String file) {
        return file != null && !file.equals(path.toString()) && !file.equals(target.toString());
    }

    /** Removes the file unless it was published. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path);
    }
}
