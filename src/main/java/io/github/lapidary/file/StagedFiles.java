package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * New files of a folder that appear together when all are written, or not at all.
 *
 * <p>Until {@link #publish()} they have hidden temporary names; {@link #close()} removes what was
 * not published. Existing files are never replaced, but by {@link #replace}.
 */
public final class StagedFiles implements Closeable {

    private final Path folder;
    private final List<TemporaryFile> files = new ArrayList<>();

    /** Stages files for an existing folder. */
    public StagedFiles(Path folder) {
        this.folder = folder;
    }

    /** Returns the folder in which the files will appear. */
    public Path folder() {
        return folder;
    }

    /**
     * Writes a single text file in UTF-8, in one step, in place of what has its name.
     *
     * @throws IOException if it cannot be written; the message names it, and nothing has changed
     */
    public static void replace(Path target, String text) throws IOException {
        try (TemporaryFile file = new TemporaryFile(target)) {
            file.write(content(text));
            file.publish();
        }
    }

    /**
     * Writes a text file in UTF-8.
     *
     * @param name a plain file name
     * @throws FileAlreadyExistsException if the folder has such a file
     * @throws IOException if the file cannot be written; the message names it
     */
    public void add(String name, String text) throws IOException {
        add(name, content(text));
    }

    private static TemporaryFile.Content content(String text) {
        ByteBuffer bytes = UTF_8.encode(text);
        return channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        };
    }

    /**
     * Copies a file, which keeps its name.
     *
     * @throws FileAlreadyExistsException if the folder has such a file
     * @throws IOException if the file cannot be read or the copy not written
     */
    public void addCopy(Path source) throws IOException {
        try (FileChannel from = RegularFile.open(source)) {
            add(source.getFileName().toString(), to -> copy(source, from, to));
        }
    }

    private static void copy(Path source, FileChannel from, FileChannel to) throws IOException {
        long size = from.size();
        long done = 0;
        while (done < size) {
            long count = from.transferTo(done, size - done, to);
            if (count == 0) {
                throw new MalformedFileException(source, "the file became shorter.");
            }
            done += count;
        }
    }

    void add(String name, TemporaryFile.Content content) throws IOException {
        TemporaryFile file = new TemporaryFile(folder.resolve(name));
        checkAbsent(file.target());
        try {
            file.write(content);
            files.add(file);
        } finally {
            if (!files.contains(file)) {
                file.close();
            }
        }
    }

    /**
     * Gives all files their names, in the order in which they were added.
     *
     * @throws IOException if one of them cannot get its name; then none has
     */
    public void publish() throws IOException {
        for (TemporaryFile file : files) {
            checkAbsent(file.target());
        }
        int published = 0;
        try {
            for (TemporaryFile file : files) {
                file.publish();
                published++;
            }
        } catch (IOException e) {
            for (TemporaryFile file : files.subList(0, published)) {
                Files.deleteIfExists(file.target());
            }
            throw e;
        }
        files.clear();
    }

    /**
     * Does nothing if there is no such file yet.
     *
     * @throws FileAlreadyExistsException if there is
     */
    public static void checkAbsent(Path file) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(
                    file.toString(), null, "it exists already and is not replaced");
        }
    }

    /** Removes the files that were not published. */
    @Override
    public void close() throws IOException {
        for (TemporaryFile file : files) {
            file.close();
        }
    }
}
