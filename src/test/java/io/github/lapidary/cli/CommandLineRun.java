package io.github.lapidary.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What one run of the command line came to. */
record CommandLineRun(int exitCode, String out, String err) {

    /** Runs a command with nothing on standard input. */
    static CommandLineRun of(String... arguments) {
        return withInput("", arguments);
    }

    /** Runs a command with a text on standard input. */
    static CommandLineRun withInput(String input, String... arguments) {
        return run(new ByteArrayInputStream(input.getBytes(UTF_8)), false, arguments);
    }

    /** Runs a command whose results go to a terminal. */
    static CommandLineRun onTerminal(String... arguments) {
        return run(InputStream.nullInputStream(), true, arguments);
    }

    static CommandLineRun run(InputStream in, boolean terminal, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode =
                Main.run(
                        new Console(
                                in,
                                new PrintWriter(out),
                                new PrintWriter(err, true),
                                terminal,
                                null),
                        arguments);
        return new CommandLineRun(exitCode, out.toString(), err.toString());
    }

    /** Returns the result; fails unless all went well and nothing was said. */
    String result() {
        assertEquals("", err);
        assertEquals(0, exitCode);
        return out;
    }

    /** Returns the results, one a line. */
    List<JsonObject> lines() {
        return result().lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    /** Returns the only line of the result. */
    JsonObject line() {
        List<JsonObject> lines = lines();
        assertEquals(1, lines.size(), out);
        return lines.get(0);
    }

    /** Fails unless the run ended so, said exactly this and gave no result. */
    void assertFailed(int expectedExitCode, String message) {
        assertEquals(message.strip(), err.strip());
        assertEquals("", out);
        assertEquals(expectedExitCode, exitCode);
    }

    /** Returns the path of a small checkpoint. */
    static String tiny(String name) {
        return Golden.path("tiny/" + name).toString();
    }

    /** Copies a small checkpoint, with another context length. */
    static Path tinyWithContext(Path folder, String name, int contextLength) throws IOException {
        try (var files = Files.list(Golden.path("tiny/" + name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path file = folder.resolve("config.json");
        JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        config.addProperty("max_position_embeddings", contextLength);
        Files.writeString(file, config.toString());
        return folder;
    }

    /** Returns ids as an option takes them. */
    static String joined(long... ids) {
        return Arrays.stream(ids).mapToObj(Long::toString).collect(Collectors.joining(","));
    }

    static double[] doubles(JsonElement list) {
        return list.getAsJsonArray().asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    static long[] longs(JsonElement list) {
        return list.getAsJsonArray().asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    }
}
