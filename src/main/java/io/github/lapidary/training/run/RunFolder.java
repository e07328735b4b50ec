package io.github.lapidary.training.run;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder of a run; one process at a time has it open. */
final class RunFolder implements Closeable {

    static final String CHECKPOINTS = "checkpoints";
    private static final String LOCK = ".lock";
    private static final String NEW = ".new-";
    private static final String OLD = ".old-";

    private final Path folder;
    private final FileOutputStream lock;

    private RunFolder(Path folder, FileOutputStream lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Writes what a folder is to hold. */
    interface Content {

        /** Writes into a folder that exists and is empty. */
        void write(Path folder) throws IOException;
    }

    /**
     * Opens a folder, and makes it if it is missing.
     *
     * @throws IOException if it holds a run but is not to be resumed, or holds none but is
     */
    static RunFolder open(Path folder, boolean resume) throws IOException {
        if (resume && !Files.isDirectory(folder.resolve(CHECKPOINTS))) {
            throw new NoSuchFileException(
                    folder.toString(), null, "there is no run to be resumed in it");
        }
        if (!resume && holdsRun(folder)) {
            throw new FileAlreadyExistsException(
                    folder.toString(), null, "it holds a run; resume that, or take another folder");
        }
        Files.createDirectories(folder.resolve(CHECKPOINTS));
        RunFolder opened = new RunFolder(folder, locked(folder));
        try {
            opened.tidy(folder);
            opened.tidy(folder.resolve(CHECKPOINTS));
            return opened;
        } catch (IOException e) {
            opened.close();
            throw e;
        }
    }

    private static boolean holdsRun(Path folder) throws IOException {
        Path checkpoints = folder.resolve(CHECKPOINTS);
        return Files.exists(folder.resolve(MetricsLog.LINES))
                || (Files.isDirectory(checkpoints) && !list(checkpoints).isEmpty());
    }

    private static FileOutputStream locked(Path folder) throws IOException {
        FileOutputStream file = new FileOutputStream(folder.resolve(LOCK).toFile());
        try {
            if (file.getChannel().tryLock() != null) {
                return file;
            }
        } catch (OverlappingFileLockException e) { // this process has it
            file.close();
            throw new IOException(folder + " is in use by another run.", e);
        }
        file.close();
        throw new IOException(folder + " is in use by another run.");
    }

    /** Removes what a killed process had begun, and puts back what it was about to replace. */
    private void tidy(Path where) throws IOException {
        for (Path path : list(where)) {
            String name = path.getFileName().toString();
            if (name.startsWith(NEW)) {
                delete(path);
            } else if (name.startsWith(OLD)) {
                Path target = where.resolve(name.substring(OLD.length()));
                if (Files.exists(target)) {
                    delete(path);
                } else {
                    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.sorted().toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    Path path() {
        return folder;
    }

    Path at(String name) {
        return folder.resolve(name);
    }

    /** Returns the checkpoint of a number of updates. */
    Path checkpoint(long step) {
        return folder.resolve(CHECKPOINTS).resolve(String.format(Locale.ROOT, "step-%09d", step));
    }

    /** Returns the last checkpoint. */
    Optional<Path> lastCheckpoint() throws IOException {
        List<Path> all = checkpoints();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    private List<Path> checkpoints() throws IOException {
        return list(folder.resolve(CHECKPOINTS)).stream()
                .filter(path -> !path.getFileName().toString().startsWith("."))
                .toList();
    }

    /** Removes all checkpoints but the last ones. */
    void keep(int count) throws IOException {
        List<Path> all = checkpoints();
        for (Path path : all.subList(0, Math.max(0, all.size() - count))) {
            delete(path);
        }
    }

    /**
     * Writes a folder in one step, in place of what has its name.
     *
     * @throws IOException if it cannot be written; what there was stays
     */
    void replace(Path target, Content content) throws IOException {
        Path made = target.resolveSibling(NEW + target.getFileName());
        Path old = target.resolveSibling(OLD + target.getFileName());
        Files.createDirectory(made);
        try {
            content.write(made);
            if (Files.exists(target)) {
                Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            if (Files.exists(made)) {
                delete(made);
            }
            if (Files.exists(old)) {
                tidy(target.toAbsolutePath().getParent());
            }
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
