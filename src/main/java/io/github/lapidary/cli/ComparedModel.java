package io.github.lapidary.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.github.lapidary.config.ModelConfig;

/**
 * One of the models that are measured one after another.
 *
 * @param name in the lines
 * @param source where it comes from
 * @param config its configuration
 */
record ComparedModel(String name, ModelSource source, ModelConfig config) {

    private static final int WEIGHT_UNIT = 1 << 16;

    /** Returns about how much work a token is, in comparison with other models; at least 1. */
    long weight() {
        long layer = (long) config.hiddenSize() * config.hiddenSize();
        return Math.max(1, layer * config.numHiddenLayers() / WEIGHT_UNIT);
    }

    /** Returns what tells it from other models. */
    JsonObject settings() {
        JsonObject settings = new JsonObject();
        settings.addProperty("name", name);
        settings.addProperty("source", source.origin());
        if (source instanceof ModelSource.Shape shape) {
            settings.addProperty("seed", shape.seed());
        }
        settings.add("config", new Gson().toJsonTree(config.jsonValues()));
        return settings;
    }
}
