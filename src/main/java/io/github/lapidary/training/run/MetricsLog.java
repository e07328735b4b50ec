package io.github.lapidary.training.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.StagedFiles;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The metrics of a run, in a file of JSON lines and in one of comma-separated values. */
final class MetricsLog implements Closeable {

    static final String LINES = "metrics.jsonl";
    static final String TABLE = "metrics.csv";

    private final List<Metrics> all;
    private final FileOutputStream lines; // a channel would be closed by an interrupt
    private final FileOutputStream table;

    private MetricsLog(List<Metrics> all, FileOutputStream lines, FileOutputStream table) {
        this.all = all;
        this.lines = lines;
        this.table = table;
    }

    /** Opens the files of a folder, and drops what is from after an update. */
    @SuppressWarnings("resource") // closed by the log
    static MetricsLog open(Path folder, long step) throws IOException {
        Path json = folder.resolve(LINES);
        Path csv = folder.resolve(TABLE);
        List<Metrics> kept = Files.exists(json) ? read(json, step) : new ArrayList<>();
        StringBuilder lines = new StringBuilder();
        StringBuilder table = new StringBuilder(Metrics.COLUMNS).append('\n');
        for (Metrics each : kept) {
            lines.append(each.toJson()).append('\n');
            table.append(each.toCsv()).append('\n');
        }
        StagedFiles.replace(json, lines.toString());
        StagedFiles.replace(csv, table.toString());
        FileOutputStream first = new FileOutputStream(json.toFile(), true);
        try {
            return new MetricsLog(kept, first, new FileOutputStream(csv.toFile(), true));
        } catch (IOException e) {
            first.close();
            throw e;
        }
    }

    /** Reads the metrics of a run that has come to its end. */
    static List<Metrics> ofFinished(Path folder) throws IOException {
        return read(folder.resolve(LINES), Long.MAX_VALUE);
    }

    /** Reads whole lines; the last may be cut off if its process was killed. */
    private static List<Metrics> read(Path file, long step) throws IOException {
        List<Metrics> metrics = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            try {
                JsonObject json = JsonParser.parseString(line).getAsJsonObject();
                if (json.get("step").getAsLong() > step) {
                    break;
                }
                metrics.add(Metrics.fromJson(json));
            } catch (JsonParseException | IllegalStateException | NullPointerException e) {
                long last = metrics.isEmpty() ? 0 : metrics.get(metrics.size() - 1).step();
                if (last < step) {
                    throw new MalformedFileException(
                            file,
                            "line %d is no line of metrics.".formatted(metrics.size() + 1),
                            e);
                }
                break;
            }
        }
        return metrics;
    }

    void add(Metrics metrics) throws IOException {
        all.add(metrics);
        lines.write((metrics.toJson() + "\n").getBytes(UTF_8));
        table.write((metrics.toCsv() + "\n").getBytes(UTF_8));
    }

    List<Metrics> all() {
        return all;
    }

    @Override
    public void close() throws IOException {
        try (table) {
            lines.close();
        }
    }
}
