package io.github.lapidary.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.StagedFiles;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder that measurements go into line by line, so that a later run goes on where one ended.
 *
 * <p>Its settings tell what the lines were measured with. One process at a time has it open.
 */
final class MeasurementFolder implements AutoCloseable {

    private static final String SETTINGS = "settings.json";
    private static final String LINES = "measurements.jsonl";
    private static final long LONGEST = 1 << 26; // bytes of a file that is read

    private final Path folder;
    private final FileOutputStream lines; // a channel would be closed by an interrupt
    private final List<MeasuredPoint> points = new ArrayList<>();

    private MeasurementFolder(Path folder, FileOutputStream lines) {
        this.folder = folder;
        this.lines = lines;
    }

    /**
     * Opens it, or makes it.
     *
     * @throws IOException if it cannot be written to, or another process has it open
     */
    static MeasurementFolder open(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException(folder + " is to be a folder, but there is a file of this name");
        }
        Files.createDirectories(folder);
        FileOutputStream lines = new FileOutputStream(folder.resolve(LINES).toFile(), true);
        try {
            if (lock(lines) == null) {
                throw new IOException(folder + " is in use: another run measures into it");
            }
            return new MeasurementFolder(folder, lines);
        } catch (IOException e) {
            lines.close();
            throw e;
        }
    }

    private static FileLock lock(FileOutputStream file) throws IOException {
        try {
            return file.getChannel().tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // this process has it
        }
    }

    /** Returns the path of a file in it. */
    Path file(String name) {
        return folder.resolve(name);
    }

    /** Forgets settings and measurements. */
    void clear() throws IOException {
        Files.deleteIfExists(file(SETTINGS));
        lines.getChannel().truncate(0);
    }

    /** Returns what its lines were measured with; nothing if it is new. */
    Optional<JsonObject> settings() throws IOException {
        Path file = file(SETTINGS);
        if (!Files.exists(file)) {
            if (Files.size(file(LINES)) > 0) {
                throw new IOException(
                        "%s has %s but no %s, so that it cannot be gone on with; take another folder, or --restart"
                                .formatted(folder, LINES, SETTINGS));
            }
            return Optional.empty();
        }
        try {
            return Optional.of(object(read(file)));
        } catch (JsonParseException | IllegalStateException e) {
            throw new MalformedFileException(
                    file, "expected a JSON object; --restart writes a new one.", e);
        }
    }

    /**
     * Begins with these settings, or goes on with the lines that were measured with them.
     *
     * @throws IOException if the folder's are others; the message tells how they differ
     */
    void begin(JsonObject settings, Console console) throws IOException {
        Optional<JsonObject> earlier = settings();
        if (earlier.isEmpty()) {
            StagedFiles.replace(
                    file(SETTINGS),
                    new GsonBuilder().setPrettyPrinting().create().toJson(settings) + "\n");
            return;
        }
        String difference = JsonDifference.between(earlier.get(), object(settings.toString()));
        if (!difference.isEmpty()) {
            throw new IOException(
                    folder
                            + " holds measurements with other settings: "
                            + difference
                            + "; take another folder, or begin anew with --restart");
        }
        readLines(console);
    }

    /** Reads the lines; the last is dropped if it was not written to its end. */
    private void readLines(Console console) throws IOException {
        Path file = file(LINES);
        String text = read(file);
        int start = 0;
        int number = 1;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            String line = end < 0 ? "" : text.substring(start, end);
            try {
                points.add(MeasuredPoint.of(object(line)));
            } catch (JsonParseException | IllegalArgumentException | IllegalStateException e) {
                if (end >= 0 && end + 1 < text.length()) {
                    throw new MalformedFileException(
                            file,
                            "line %d is no measurement; mend it, or begin anew with --restart."
                                    .formatted(number),
                            e);
                }
                console.tell(
                        "the last line of %s is damaged; it is dropped and measured again"
                                .formatted(file));
                lines.getChannel().truncate(text.substring(0, start).getBytes(UTF_8).length);
                break;
            }
            start = end + 1;
            number++;
        }
    }

    /** Returns what is measured already. */
    List<MeasuredPoint> points() {
        return List.copyOf(points);
    }

    /** Adds a line; when this returns, the disk has it. */
    void add(JsonObject line) throws IOException {
        lines.write(JsonLine.of(line).getBytes(UTF_8));
        lines.getFD().sync();
        points.add(MeasuredPoint.of(line));
    }

    private static JsonObject object(String text) {
        return JsonParser.parseString(text).getAsJsonObject();
    }

    private static String read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LONGEST) {
            throw new MalformedFileException(
                    file, "expected at most %d bytes, found %d.".formatted(LONGEST, size));
        }
        return new String(Files.readAllBytes(file), UTF_8); // a damaged line may be no text
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
