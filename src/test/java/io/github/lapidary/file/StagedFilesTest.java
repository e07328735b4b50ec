package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedFilesTest {

    @TempDir private Path folder;

    @Test
    void showsTheFilesOnlyWhenPublished() throws IOException {
        try (StagedFiles files = new StagedFiles(folder)) {
            files.add("a.json", "ä");
            files.add("b.json", "b");
            assertEquals(List.of(), visible());
            files.publish();
        }
        assertEquals(List.of("a.json", "b.json"), visible());
        assertEquals("ä", Files.readString(folder.resolve("a.json")));
        assertEquals(2, all().size());
    }

    @Test
    void removesWhatWasNotPublished() throws IOException {
        try (StagedFiles files = new StagedFiles(folder)) {
            files.add("a.json", "a");
            assertEquals(1, all().size());
        }
        assertEquals(List.of(), all());
    }

    @Test
    void publishesAllOrNothing() throws IOException {
        try (StagedFiles files = new StagedFiles(folder)) {
            files.add("a.json", "a");
            Path first = all().get(0);
            files.add("b.json", "b");
            Path second = all().stream().filter(file -> !file.equals(first)).findAny().get();
            Files.delete(second);
            assertThrows(IOException.class, files::publish);
        }
        assertEquals(List.of(), all());
    }

    @Test
    void replacesNothing() throws IOException {
        Files.writeString(folder.resolve("a.json"), "older");
        try (StagedFiles files = new StagedFiles(folder)) {
            assertThrows(FileAlreadyExistsException.class, () -> files.add("a.json", "a"));
            files.add("b.json", "b");
            Files.writeString(folder.resolve("b.json"), "from elsewhere");
            assertThrows(FileAlreadyExistsException.class, files::publish);
        }
        assertEquals(List.of("a.json", "b.json"), visible());
        assertEquals("older", Files.readString(folder.resolve("a.json")));
        assertEquals("from elsewhere", Files.readString(folder.resolve("b.json")));
    }

    private List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private List<String> visible() throws IOException {
        return all().stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> !name.startsWith("."))
                .toList();
    }
}
