package io.github.lapidary.training.run;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.github.lapidary.data.DataPosition;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.StagedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a run is, besides weights and optimizer.
 *
 * @param step how many updates are behind it
 * @param tokens how many tokens they foretold
 * @param loss the loss of the last of them
 * @param best the best validation so far
 * @param bestStep after which update it was; 0 before the first
 * @param worse how many validations there were since
 * @param heldOut what tells the texts of these validations from others; empty before the first
 * @param position where the data are
 */
record RunState(
        long step,
        long tokens,
        double loss,
        Optional<Quality> best,
        long bestStep,
        int worse,
        String heldOut,
        DataPosition position) {

    static final String FILE = "run.json";

    private static final String VERSION_KEY = "lapidary_run";
    private static final int VERSION = 2;
    private static final Gson GSON = new Gson();

    static RunState start(DataPosition position) {
        return new RunState(0, 0, Double.NaN, Optional.empty(), 0, 0, "", position);
    }

    RunState after(Metrics metrics, DataPosition next) {
        return new RunState(
                metrics.step(),
                tokens + metrics.tokens(),
                metrics.loss(),
                best,
                bestStep,
                worse,
                heldOut,
                next);
    }

    RunState with(Quality quality, String measuredOn) {
        boolean better = best.isEmpty() || quality.loss() < best.get().loss();
        return new RunState(
                step,
                tokens,
                loss,
                better ? Optional.of(quality) : best,
                better ? step : bestStep,
                better ? 0 : worse + 1,
                measuredOn,
                position);
    }

    /** Returns the state of a run that has measured nothing yet. */
    RunState withoutBest() {
        return new RunState(step, tokens, loss, Optional.empty(), 0, 0, "", position);
    }

    void write(Path folder) throws IOException {
        JsonObject json = new JsonObject();
        json.addProperty(VERSION_KEY, VERSION);
        json.addProperty("step", step);
        json.addProperty("tokens", tokens);
        json.addProperty("loss", loss);
        best.ifPresent(quality -> json.add("best", GSON.toJsonTree(quality)));
        json.addProperty("best_step", bestStep);
        json.addProperty("worse", worse);
        json.addProperty("held_out", heldOut);
        json.add("position", position.toJson());
        StagedFiles.replace(folder.resolve(FILE), json + "\n");
    }

    static RunState read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            int version = json.get(VERSION_KEY).getAsInt();
            if (version != VERSION) {
                throw new MalformedFileException(
                        file, "%s is %d; expected %d.".formatted(VERSION_KEY, version, VERSION));
            }
            return new RunState(
                    json.get("step").getAsLong(),
                    json.get("tokens").getAsLong(),
                    json.get("loss").getAsDouble(),
                    Optional.ofNullable(json.get("best"))
                            .map(best -> GSON.fromJson(best, Quality.class)),
                    json.get("best_step").getAsLong(),
                    json.get("worse").getAsInt(),
                    json.get("held_out").getAsString(),
                    DataPosition.fromJson(json.getAsJsonObject("position")));
        } catch (JsonParseException
                | IllegalArgumentException
                | IllegalStateException
                | NullPointerException e) {
            throw new MalformedFileException(file, "this is no state of a run.", e);
        }
    }
}
