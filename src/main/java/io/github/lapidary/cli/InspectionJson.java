package io.github.lapidary.cli;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.checkpoint.Part;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigWriter;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.inspection.Finding;
import io.github.lapidary.inspection.Inspection;
import io.github.lapidary.inspection.Inspection.ChatTemplateSummary;
import io.github.lapidary.inspection.Inspection.NamedToken;
import io.github.lapidary.inspection.Inspection.TokenizerSummary;
import io.github.lapidary.inspection.MemoryNeed;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** An inspection as JSON; what could not be read is null. */
final class InspectionJson {

    private InspectionJson() {}

    static JsonObject of(Inspection inspection) {
        JsonObject json = new JsonObject();
        json.addProperty("model", inspection.path().toString());
        json.add("container", orNull(inspection.container(), JsonPrimitive::new));
        json.add("files", numbers(inspection.files()));
        json.add("config", orNull(inspection.config(), InspectionJson::config));
        json.add("parameters", orNull(inspection.size(), InspectionJson::parameters));
        json.add("flops_by_tokens", flops(inspection));
        json.add("memory", memory(inspection));
        json.add("tokenizer", orNull(inspection.tokenizer(), InspectionJson::tokenizer));
        json.add(
                "stop_tokens",
                JsonLine.list(
                        inspection.stopTokens().stream().map(InspectionJson::token).toList()));
        json.add("chat_template", orNull(inspection.chatTemplate(), InspectionJson::template));
        json.add(
                "tensors",
                JsonLine.list(inspection.tensors().stream().map(InspectionJson::tensor).toList()));
        json.add(
                "left_aside",
                JsonLine.list(
                        inspection.leftAside().stream()
                                .map(tensor -> new JsonPrimitive(tensor.name()))
                                .toList()));
        json.addProperty("scanned", inspection.scanned());
        json.add(
                "findings",
                JsonLine.list(
                        inspection.findings().stream().map(InspectionJson::finding).toList()));
        return json;
    }

    private static <T> JsonElement orNull(Optional<T> value, Function<T, JsonElement> json) {
        return value.map(json).orElse(JsonNull.INSTANCE);
    }

    private static JsonObject numbers(Map<?, Long> values) {
        JsonObject json = new JsonObject();
        values.forEach((key, value) -> json.addProperty(key.toString(), value));
        return json;
    }

    private static JsonElement config(ModelConfig config) {
        return new Gson()
                .newBuilder()
                .serializeNulls()
                .create()
                .toJsonTree(ModelConfigWriter.values(config));
    }

    private static JsonElement parameters(ModelSize size) {
        JsonObject json = new JsonObject();
        for (Map.Entry<Part, Long> part : size.parameters().entrySet()) {
            json.addProperty(part.getKey().name().toLowerCase(Locale.ROOT), part.getValue());
        }
        json.addProperty("total", size.totalParameters());
        json.addProperty("non_embedding", size.nonEmbeddingParameters());
        json.addProperty("activated", size.activatedParameters());
        return json;
    }

    private static JsonElement flops(Inspection inspection) {
        if (inspection.size().isEmpty()) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        for (int tokens : inspection.memory().get(0).states().keySet()) {
            json.addProperty(String.valueOf(tokens), inspection.size().get().flops(tokens));
        }
        return json;
    }

    private static JsonElement memory(Inspection inspection) {
        if (inspection.memory().isEmpty()) {
            return JsonNull.INSTANCE;
        }
        JsonObject json = new JsonObject();
        for (MemoryNeed need : inspection.memory()) {
            JsonObject own = new JsonObject();
            own.addProperty("weights", need.weights());
            own.add("state_by_tokens", numbers(need.states()));
            json.add(need.format().toString(), own);
        }
        return json;
    }

    private static JsonElement tokenizer(TokenizerSummary tokenizer) {
        JsonObject json = new JsonObject();
        json.addProperty("size", tokenizer.size());
        json.add("bos", token(tokenizer.beginning()));
        return json;
    }

    private static JsonObject token(NamedToken token) {
        JsonObject json = new JsonObject();
        json.addProperty("id", token.id());
        json.add("token", orNull(token.piece(), JsonPrimitive::new));
        return json;
    }

    private static JsonElement template(ChatTemplateSummary template) {
        JsonObject json = new JsonObject();
        json.addProperty("source", template.name());
        json.add("end_of_turn", orNull(template.endOfTurn(), InspectionJson::token));
        json.addProperty("sha256", template.sha256());
        json.addProperty("template", template.source());
        return json;
    }

    private static JsonObject tensor(TensorEntry tensor) {
        JsonArray shape = new JsonArray();
        tensor.shape().forEach(shape::add);
        JsonObject json = new JsonObject();
        json.addProperty("name", tensor.name());
        json.addProperty("type", tensor.type().name());
        json.add("shape", shape);
        json.addProperty("bytes", tensor.bytes());
        json.addProperty("file", String.valueOf(tensor.file().getFileName()));
        return json;
    }

    private static JsonObject finding(Finding finding) {
        JsonObject json = new JsonObject();
        json.addProperty("severity", finding.severity().name().toLowerCase(Locale.ROOT));
        json.addProperty("what", finding.what());
        json.addProperty("where", finding.where());
        json.addProperty("effect", finding.effect());
        json.addProperty("remedy", finding.remedy());
        return json;
    }
}
