package io.github.lapidary;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The tiny checkpoints that serve all suites. */
public final class Tiny {

    private Tiny() {}

    public static Path path(String name) {
        return Golden.path("tiny/" + name);
    }

    /** Returns what the reference computes from a checkpoint. */
    public static Golden golden(String name) throws IOException {
        return new Golden(path(name).resolve("golden.safetensors"));
    }

    public static CausalLanguageModel load(String name, NDManager manager, WeightFormat format)
            throws IOException, MalformedModelException {
        return CheckpointLoader.load(
                Checkpoint.open(path(name)), manager, format, ProgressListener.NONE);
    }

    public static CausalLanguageModel load(String name, NDManager manager)
            throws IOException, MalformedModelException {
        return load(name, manager, WeightFormat.FLOAT32);
    }

    /** Copies a checkpoint into a folder, its config.json changed. */
    public static Path copy(String name, Path folder, Consumer<JsonObject> change)
            throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(path(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path file = folder.resolve("config.json");
        JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        change.accept(config);
        Files.writeString(file, config.toString());
        return folder;
    }

    /** Copies a checkpoint into a folder and lets its context hold so many tokens. */
    public static Path copyWithContext(String name, Path folder, int tokens) throws IOException {
        return copy(name, folder, config -> config.addProperty("max_position_embeddings", tokens));
    }

    /** Returns the ids of {@link #ids} as a prompt. */
    public static int[] prompt(int count) {
        return Arrays.stream(ids(count)).mapToInt(Math::toIntExact).toArray();
    }

    /** Returns ids of a text that makes no sense, below every tiny vocabulary. */
    public static long[] ids(int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = i == 0 ? 2 : 5 + i * (137L + i * 11L) % 600;
        }
        return ids;
    }
}
