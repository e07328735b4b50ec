package io.github.lapidary.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Objects;

/**
 * Where a run is in its data; a dataset that goes on from it gives the same batches as one that was
 * never interrupted.
 *
 * @param fingerprint what is another for other data, seed or sizes
 * @param batches how many batches have been given
 * @param sources where each source is, in their order
 */
public record DataPosition(String fingerprint, long batches, List<SourcePosition> sources) {

    private static final Gson GSON = new GsonBuilder().create();

    /**
     * Where a run is in one source.
     *
     * @param name the source's name
     * @param credit how many rows its share is ahead of what it has given
     * @param rows how many rows it has given
     * @param epoch how many times it has been gone through
     * @param next the first piece of this epoch that has not been looked at
     * @param waiting the pieces looked at that wait for a place
     */
    public record SourcePosition(
            String name, double credit, long rows, int epoch, int next, List<Integer> waiting) {

        /** Copies the list. */
        public SourcePosition {
            Objects.requireNonNull(name);
            waiting = List.copyOf(waiting);
        }
    }

    /** Copies the list. */
    public DataPosition {
        Objects.requireNonNull(fingerprint);
        sources = List.copyOf(sources);
    }

    /** Returns this position as JSON. */
    public JsonObject toJson() {
        return GSON.toJsonTree(this).getAsJsonObject();
    }

    /**
     * Reads what {@link #toJson} has made.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static DataPosition fromJson(JsonObject json) {
        try {
            return GSON.fromJson(json, DataPosition.class);
        } catch (RuntimeException e) { // also what Gson makes of failing constructors
            throw new IllegalArgumentException("This is no position in data: " + json + ".", e);
        }
    }
}
