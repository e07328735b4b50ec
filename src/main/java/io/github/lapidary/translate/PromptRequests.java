package io.github.lapidary.translate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads requests that hold prompts, in the form of DJL's large model inference (LMI): {@code
 * {"inputs": "…", "parameters": {…}, "stream": false}}.
 */
final class PromptRequests {

    private static final int MAX_NEW_TOKENS = 30; // where none are asked for, as LMI has it

    private final LanguageModel model;
    private final ServingLimits limits;

    PromptRequests(LanguageModel model, ServingLimits limits) {
        this.model = model;
        this.limits = limits;
    }

    ServedRequest read(JsonObject body) throws RequestException {
        Fields fields = new Fields("", body);
        Optional<JsonElement> inputs = fields.element("inputs");
        if (inputs.isEmpty()) {
            throw RequestException.badRequest(
                    "The request has neither inputs nor messages; one of them is needed.");
        }
        boolean streams = fields.isTrue("stream");
        JsonObject none = new JsonObject();
        Fields parameters = new Fields("parameters", fields.object("parameters").orElse(none));
        fields.element("model"); // whoever routes requests reads it
        fields.refuseOthers();
        List<String> texts = texts(fields, inputs.get(), streams);
        boolean details = parameters.isTrue("details");
        boolean returnsPrompt = parameters.isTrue("return_full_text");
        GenerationOptions options = options(parameters, details || streams);
        List<int[]> prompts = encode(texts);
        boolean isList = inputs.get().isJsonArray();
        PromptAnswer answer = new PromptAnswer(model, texts, isList, details, returnsPrompt);
        return new ServedRequest(prompts, options, streams, answer);
    }

    private List<int[]> encode(List<String> texts) throws RequestException {
        try {
            return texts.stream().map(text -> Prompts.encode(model, text)).toList();
        } catch (IllegalArgumentException e) {
            throw RequestException.badRequest("inputs: " + e.getMessage());
        }
    }

    private List<String> texts(Fields fields, JsonElement inputs, boolean streams)
            throws RequestException {
        List<String> texts = new ArrayList<>(fields.texts("inputs"));
        if (texts.isEmpty() || texts.size() > limits.maxPrompts()) {
            throw RequestException.badRequest(
                    "inputs: expected 1 to %d prompts, found %d."
                            .formatted(limits.maxPrompts(), texts.size()));
        }
        if (streams && texts.size() > 1) {
            throw fields.problem("inputs", "one prompt for a stream", inputs);
        }
        return texts;
    }

    private GenerationOptions options(Fields parameters, boolean withLogProbabilities)
            throws RequestException {
        OptionFields options = new OptionFields(parameters, limits, GenerationOptions.builder());
        options.putCommon();
        options.putMaxNewTokens(
                "max_new_tokens", parameters.integer("max_new_tokens"), MAX_NEW_TOKENS);
        options.putStopStrings("stop_sequences");
        options.put(
                "ignore_eos_token",
                parameters.truth("ignore_eos_token"),
                GenerationOptions.Builder::ignoreEos);
        parameters.only("best_of", 1);
        parameters.only("num_beams", 1);
        parameters.only("decoder_input_details", false);
        sample(parameters, options.builder());
        parameters.refuseOthers();
        if (withLogProbabilities) {
            options.builder().topLogprobs(0);
        }
        return options.builder().build();
    }

    /** Without {@code do_sample}, whoever sets an option of sampling wants to sample. */
    private static void sample(Fields parameters, GenerationOptions.Builder builder)
            throws RequestException {
        Optional<Boolean> sample = parameters.truth("do_sample");
        if (sample.isPresent() && !sample.get()) {
            builder.greedy();
        } else if (sample.isPresent() && parameters.element("temperature").isEmpty()) {
            builder.temperature(1);
        }
    }
}
