package io.github.lapidary.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.MalformedModelException;
import io.github.lapidary.Golden;
import io.github.lapidary.JavaProcess;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writing a model where there is no permission or no space: it is told, and nothing is left. */
class UnwritableFolderTest {

    @TempDir private Path folder;

    private static void write(Path folder) throws IOException, MalformedModelException {
        try (LoadedModel loaded =
                LoadedModel.load(Golden.path("tiny/gemma1_mha"), WeightFormat.FLOAT32)) {
            CheckpointWriter.write(
                    loaded.model(),
                    GenerationDefaults.NONE,
                    folder,
                    WriteOptions.of(StoredType.F32));
        }
    }

    private static List<String> names(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Not even an administrator may make a folder in such places. */
    @ParameterizedTest
    @ValueSource(strings = {"a file", "/proc", "/sys"})
    void saysThatTheFolderCannotBeMade(String place) throws Exception {
        Path parent = Path.of(place);
        if (!parent.isAbsolute()) {
            parent = Files.createFile(folder.resolve(place));
        }
        assumeTrue(Files.exists(parent), parent + " is Linux's");
        Path target = parent.resolve("lapidary").resolve("model");
        String message = assertThrows(IOException.class, () -> write(target)).getMessage();
        assertTrue(message.startsWith(target + " could not be made: "), message);
        assertTrue(message.length() > target.toString().length() + 25, message);
        assertFalse(Files.exists(target));
        assertFalse(Files.exists(parent.resolve("lapidary")));
    }

    @Test
    void saysThatTheFolderTakesNoFiles() throws Exception {
        Path target = folder;
        assumeTrue(folder.toFile().setWritable(false), "permissions cannot be changed here");
        try {
            if (Files.isWritable(folder)) { // as an administrator may
                target = Path.of("/sys/kernel");
                assumeTrue(Files.isDirectory(target), "there is no folder that takes no files");
            }
            List<String> before = names(target);
            Path refused = target;
            String message = assertThrows(IOException.class, () -> write(refused)).getMessage();
            String file = target.resolve("model.safetensors").toString();
            assertTrue(
                    List.of(
                                    file
                                            + " could not be written: there is no permission to"
                                            + " write.",
                                    file + " could not be written: Read-only file system.")
                            .contains(message),
                    message);
            assertEquals(before, names(target));
        } finally {
            folder.toFile().setWritable(true);
        }
    }

    /** A limit of the size of files stands for a disk that is full. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void saysThatThereIsNoSpace() throws Exception {
        Path target = folder.resolve("model");
        Path message = folder.resolve("message");
        int exitCode =
                JavaProcess.exitCodeWithShortFiles(
                        500, folder, WritingRun.class, target.toString(), message.toString());
        assertEquals(3, exitCode, Files.readString(folder.resolve("output")));
        assertEquals(
                target.resolve("model.safetensors") + " could not be written: File too large.",
                Files.readString(message));
        assertFalse(Files.exists(target));
    }

    /** Writes a model in a process of its own. */
    static final class WritingRun {

        private WritingRun() {}

        /** Writes a model to a folder, or to a file why it could not: then 3. */
        public static void main(String[] args) throws Exception {
            try {
                write(Path.of(args[0]));
            } catch (IOException e) {
                Files.writeString(Path.of(args[1]), e.getMessage());
                System.exit(3);
            }
        }
    }
}
