package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The examples of a page: its Java is what tests run, between {@code // example} and {@code //
 * end}.
 */
public final class Examples {

    private static final String SOURCES = "src/test/java/";

    private Examples() {}

    /** Fails unless the Java of a page is that of a test class, in the same order. */
    public static void assertQuoted(Path page, Class<?> test) throws IOException {
        List<String> examples = examples(test);
        assertFalse(examples.isEmpty());
        assertEquals(
                String.join("\n---\n", examples), String.join("\n---\n", blocks(page, "java")));
    }

    private static List<String> examples(Class<?> test) throws IOException {
        Path source = Path.of(SOURCES + test.getName().replace('.', '/') + ".java");
        List<String> examples = new ArrayList<>();
        List<String> lines = null;
        for (String line : Files.readAllLines(source)) {
            if (line.strip().equals("// example")) {
                lines = new ArrayList<>();
            } else if (line.strip().equals("// end")) {
                examples.add(unindented(lines));
                lines = null;
            } else if (lines != null) {
                lines.add(line);
            }
        }
        return examples;
    }

    private static String unindented(List<String> lines) {
        return lines.stream().collect(Collectors.joining("\n")).stripIndent().strip();
    }

    /** Returns the blocks of code of a page that are in a language. */
    private static List<String> blocks(Path page, String language) throws IOException {
        return Pattern.compile("(?ms)^```" + language + "$(.*?)^```$")
                .matcher(Files.readString(page))
                .results()
                .map(block -> block.group(1).strip())
                .toList();
    }
}
