package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code prepare}. */
class PrepareCommandTest {

    @TempDir private Path folder;

    private CommandLineRun prepare(String... further) {
        List<String> arguments =
                List.of("prepare", "--model", CommandLineRun.tiny("gemma2"), "--files", "copy");
        return CommandLineRun.of(
                Stream.concat(arguments.stream(), Stream.of(further)).toArray(String[]::new));
    }

    @Test
    void aFolderIsMade() throws Exception {
        Path out = folder.resolve("out");
        assertEquals(
                out + "\n",
                prepare("--dtype", "float32", "--context", "99", out.toString()).result());
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(out.resolve("serving.properties"))) {
            properties.load(reader);
        }
        assertEquals("PyTorch", properties.getProperty("engine"));
        assertEquals("false", properties.getProperty("option.hasParameter"));
        assertEquals("float32", properties.getProperty("dtype"));
        assertEquals("99", properties.getProperty("context"));
        assertTrue(Files.isRegularFile(out.resolve("model.safetensors")));
    }

    @Test
    void linksAreMadeUnlessAskedOtherwise() throws Exception {
        Path out = folder.resolve("out");
        CommandLineRun.of("prepare", "--model", CommandLineRun.tiny("gemma2"), out.toString())
                .result();
        try (var files = Files.list(out)) {
            for (Path file : files.toList()) {
                assertEquals(!file.endsWith("serving.properties"), Files.isSymbolicLink(file));
                Files.delete(file); // or JUnit warns of the links
            }
        }
    }

    @Test
    void wrongUseIsExplained() {
        Path out = folder.resolve("out");
        prepare("--context", "100000", out.toString())
                .assertFailed(
                        2,
                        "lapidary: The model's context holds 8192 tokens, not 100000.\n"
                                + "Try 'lapidary prepare --help'.");
        assertFalse(Files.exists(out));
        prepare(folder.toString())
                .assertFailed(1, "lapidary: " + folder + ": it exists already and is not replaced");
        CommandLineRun.of("prepare", "--model", folder.resolve("none").toString(), out.toString())
                .assertFailed(
                        1,
                        "lapidary: "
                                + folder.resolve("none")
                                + ": there is no such model; expected a Hugging Face folder or a"
                                + " GGUF file");
    }
}
