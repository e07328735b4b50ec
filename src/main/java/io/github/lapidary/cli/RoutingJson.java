package io.github.lapidary.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.inspection.ExpertLoad;
import io.github.lapidary.inspection.RoutingReport.SparseLayer;
import io.github.lapidary.nn.TokenRoute;

/** The way of a text through a model's experts as JSON. */
final class RoutingJson {

    private RoutingJson() {}

    static JsonObject of(RoutedText text) {
        JsonObject json = new JsonObject();
        json.addProperty("model", text.model().toString());
        json.addProperty("num_experts", text.report().numExperts());
        json.add(
                "ids",
                JsonLine.list(text.report().ids().stream().map(JsonPrimitive::new).toList()));
        json.add(
                "tokens",
                JsonLine.list(
                        text.tokens().stream()
                                .map(token -> new JsonPrimitive(token.piece()))
                                .toList()));
        json.add(
                "layers",
                JsonLine.list(text.report().layers().stream().map(RoutingJson::layer).toList()));
        return json;
    }

    private static JsonObject layer(SparseLayer layer) {
        ExpertLoad load = layer.load();
        JsonArray shares = new JsonArray();
        for (int expert = 0; expert < load.tokens().size(); expert++) {
            shares.add(load.share(expert));
        }
        JsonArray experts = new JsonArray();
        JsonArray weights = new JsonArray();
        for (TokenRoute route : layer.routes()) {
            experts.add(JsonLine.ids(new int[] {route.firstExpert(), route.secondExpert()}));
            JsonArray pair = new JsonArray();
            pair.add(route.firstWeight());
            pair.add(route.secondWeight());
            weights.add(pair);
        }
        JsonObject json = new JsonObject();
        json.addProperty("layer", layer.number());
        json.add("load", shares);
        json.addProperty("entropy", load.entropy());
        json.addProperty("max_over_mean", load.maximumOverMean());
        json.addProperty("idle_experts", load.idle());
        json.add("experts", experts);
        json.add("weights", weights);
        return json;
    }
}
