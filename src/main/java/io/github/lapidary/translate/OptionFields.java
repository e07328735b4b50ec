package io.github.lapidary.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.InvalidOptionException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** Turns the fields of a request into options, and names the field if one is refused. */
final class OptionFields {

    private final Fields fields;
    private final ServingLimits limits;
    private final GenerationOptions.Builder builder;

    /** Begins with options that fields may change. */
    OptionFields(Fields fields, ServingLimits limits, GenerationOptions.Builder builder) {
        this.fields = fields;
        this.limits = limits;
        this.builder = builder.deadline(Duration.ofSeconds(limits.maxSeconds()));
    }

    /** Sets an option, if the field is there, after the library's own check of it. */
    <T> void put(String name, Optional<T> value, BiConsumer<GenerationOptions.Builder, T> setter)
            throws RequestException {
        if (value.isEmpty()) {
            return;
        }
        GenerationOptions.Builder alone = GenerationOptions.builder();
        setter.accept(alone, value.get());
        try {
            alone.build();
        } catch (InvalidOptionException e) {
            throw RequestException.badRequest(fields.path(name) + " " + e.problem() + ".");
        }
        setter.accept(builder, value.get());
    }

    /** Sets what both forms of requests know by the same name. */
    void putCommon() throws RequestException {
        put("temperature", fields.number("temperature"), GenerationOptions.Builder::temperature);
        // Some servers write -1 for all.
        Optional<Integer> topK = fields.integer("top_k").map(count -> count == -1 ? 0 : count);
        put("top_k", topK, GenerationOptions.Builder::topK);
        put("top_p", fields.number("top_p"), GenerationOptions.Builder::topP);
        put("min_p", fields.number("min_p"), GenerationOptions.Builder::minP);
        put("seed", fields.longInteger("seed"), GenerationOptions.Builder::seed);
        put(
                "repetition_penalty",
                fields.number("repetition_penalty"),
                GenerationOptions.Builder::repetitionPenalty);
        put(
                "presence_penalty",
                fields.number("presence_penalty"),
                GenerationOptions.Builder::presencePenalty);
        put(
                "frequency_penalty",
                fields.number("frequency_penalty"),
                GenerationOptions.Builder::frequencyPenalty);
        put("logit_bias", logitBias(), GenerationOptions.Builder::logitBias);
        put(
                "stop_token_ids",
                Optional.of(fields.integers("stop_token_ids")),
                GenerationOptions.Builder::stopIds);
        put(
                "include_stop_str_in_output",
                fields.truth("include_stop_str_in_output"),
                GenerationOptions.Builder::includeStopString);
        fields.only("n", 1);
    }

    /** Sets how many tokens may be written. */
    void putMaxNewTokens(String name, Optional<Integer> count, int byDefault)
            throws RequestException {
        int most = limits.maxNewTokens();
        if (count.isPresent() && count.get() > most) {
            throw RequestException.badRequest(
                    "%s allows counts from 1 to %d; found %d."
                            .formatted(fields.path(name), most, count.get()));
        }
        put(
                name,
                Optional.of(count.orElse(Math.min(most, byDefault))),
                GenerationOptions.Builder::maxNewTokens);
    }

    /** Sets the texts that end a generation. */
    void putStopStrings(String name) throws RequestException {
        List<String> texts = fields.texts(name);
        if (texts.size() > ServingLimits.MOST_STOP_STRINGS) {
            throw RequestException.badRequest(
                    "%s allows %d strings; found %d."
                            .formatted(
                                    fields.path(name),
                                    ServingLimits.MOST_STOP_STRINGS,
                                    texts.size()));
        }
        for (String text : texts) {
            if (text.length() > ServingLimits.LONGEST_STOP_STRING) {
                throw RequestException.badRequest(
                        "%s allows strings of up to %d characters; found %d."
                                .formatted(
                                        fields.path(name),
                                        ServingLimits.LONGEST_STOP_STRING,
                                        text.length()));
            }
        }
        put(name, Optional.of(texts), GenerationOptions.Builder::stopStrings);
    }

    private Optional<Map<Integer, Float>> logitBias() throws RequestException {
        Optional<JsonObject> object = fields.object("logit_bias");
        if (object.isEmpty()) {
            return Optional.empty();
        }
        Map<Integer, Float> bias = new TreeMap<>();
        for (Map.Entry<String, JsonElement> entry : object.get().entrySet()) {
            boolean isNumber = entry.getValue() instanceof JsonPrimitive value && value.isNumber();
            if (!entry.getKey().matches("[0-9]{1,9}") || !isNumber) {
                throw fields.problem(
                        "logit_bias", "numbers by token ids", new JsonPrimitive(entry.toString()));
            }
            bias.put(Integer.parseInt(entry.getKey()), entry.getValue().getAsFloat());
        }
        return Optional.of(bias);
    }

    /** Sets other options. */
    GenerationOptions.Builder builder() {
        return builder;
    }
}
