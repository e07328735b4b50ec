package io.github.lapidary.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Tiny;
import io.github.lapidary.translate.PreparedFolder.Placement;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a prepared folder holds, and that it is whole or not there. */
class PreparedFolderTest {

    private static final Path GGUF = Path.of("src/test/resources/gguf/tiny_gemma2_f32.gguf");

    @TempDir private Path folder;

    private static Set<String> names(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest
    @EnumSource(Placement.class)
    void theFilesOfTheModelAreThere(Placement placement) throws Exception {
        Path model = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Files.writeString(model.resolve("README.md"), "");
        Files.writeString(model.resolve(".hidden.json"), "");
        Files.writeString(model.resolve("run.jar"), "");
        Files.writeString(model.resolve("serving.properties"), "engine=Python");
        Set<String> expected = names(Tiny.path("gemma2"));
        expected.add("serving.properties");
        Path prepared = folder.resolve("a/b/prepared");
        PreparedFolder.write(model, prepared, placement, Map.of());
        assertEquals(expected, names(prepared));
        assertEquals(Set.of("prepared"), names(prepared.getParent()));
        Path weights = prepared.resolve("model.safetensors");
        assertEquals(placement == Placement.SYMLINK, Files.isSymbolicLink(weights));
        assertEquals(
                placement != Placement.COPY,
                Files.isSameFile(model.resolve("model.safetensors"), weights));
        try (Served served = Served.load(prepared, Map.of())) {
            assertEquals(200, served.ask("{\"inputs\": \"a\"}").code());
        }
        for (String name : names(prepared)) {
            Files.delete(prepared.resolve(name)); // or JUnit warns of the links
        }
    }

    @Test
    void aGgufFileIsThereByItsName() throws Exception {
        Path prepared = folder.resolve("prepared");
        PreparedFolder.write(GGUF, prepared, Placement.COPY, Map.of("context", "64"));
        assertEquals(Set.of("serving.properties", "tiny_gemma2_f32.gguf"), names(prepared));
        try (Served served = Served.load(prepared, Map.of())) {
            assertEquals(200, served.ask("{\"inputs\": \"a\"}").code());
            assertEquals(64, served.own().contextLength());
        }
    }

    @Test
    void aGgufFileOfAnotherNameGetsOne() throws Exception {
        Path file = Files.copy(GGUF, folder.resolve("sha256-1234"));
        Path prepared = folder.resolve("prepared");
        PreparedFolder.write(file, prepared, Placement.COPY, Map.of());
        assertEquals(Set.of("serving.properties", "sha256-1234.gguf"), names(prepared));
    }

    @Test
    void whatIsThereStays() throws Exception {
        Path prepared = folder.resolve("prepared");
        Files.createDirectory(prepared);
        FileAlreadyExistsException e =
                assertThrows(
                        FileAlreadyExistsException.class,
                        () -> PreparedFolder.write(GGUF, prepared, Placement.COPY, Map.of()));
        assertEquals(prepared + ": it exists already and is not replaced", e.getMessage());
        assertEquals(Set.of(), names(prepared));
    }

    @Test
    void whatCannotBeServedIsNotPrepared() throws Exception {
        Path broken = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Files.delete(broken.resolve("tokenizer.json"));
        Path prepared = folder.resolve("prepared");
        assertThrows(
                IOException.class,
                () -> PreparedFolder.write(broken, prepared, Placement.COPY, Map.of()));
        for (Map<String, String> wrong :
                List.of(
                        Map.of("dtype", "int3"),
                        Map.of("context", "0"),
                        Map.of("context", "100000"),
                        Map.of("queue", "-1"))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> PreparedFolder.write(GGUF, prepared, Placement.COPY, wrong));
        }
        assertEquals(Set.of("model"), names(folder));
    }

    @Test
    void aFailureLeavesNothing() throws Exception {
        Path model = Tiny.copy("gemma2", folder.resolve("model"), config -> {});
        Path unreadable = model.resolve("zzz.json");
        Files.createSymbolicLink(unreadable, Path.of("/proc/self/mem"));
        assertThrows(
                IOException.class,
                () ->
                        PreparedFolder.write(
                                model, folder.resolve("prepared"), Placement.COPY, Map.of()));
        assertEquals(Set.of("model"), names(folder));
        Files.delete(unreadable);
        assertTrue(Files.exists(model.resolve("config.json")));
    }
}
