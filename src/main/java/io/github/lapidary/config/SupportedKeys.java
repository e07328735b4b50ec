package io.github.lapidary.config;

import io.github.lapidary.file.MalformedFileException;

/** Refuses keys by which transformers would build a model that this library has not. */
final class SupportedKeys {

    static final String TANH_GELU = "gelu_pytorch_tanh";

    private SupportedKeys() {}

    /** Checks the keys that mean the same in every family. */
    static void check(ConfigJson json) throws MalformedFileException {
        checkTruth(json, "attention_bias", false);
        checkTruth(json, "tie_word_embeddings", true);
        checkTruth(json, "use_bidirectional_attention", false);
        if (json.has("quantization_config")) {
            throw json.problem(
                    "quantization_config",
                    "quantised Hugging Face checkpoints are not supported; take one in float32,"
                            + " float16 or bfloat16, or a GGUF file.");
        }
    }

    /** Checks a key that may be absent, which means the value that is supported. */
    static void checkTruth(ConfigJson json, String key, boolean supported)
            throws MalformedFileException {
        if (json.findTruth(key).orElse(supported) != supported) {
            throw json.problem(
                    key, "only " + supported + " is supported, found " + !supported + ".");
        }
    }

    /** Checks a key that names an activation. */
    static void checkActivation(ConfigJson json, String key) throws MalformedFileException {
        String activation = json.text(key);
        if (!activation.equals(TANH_GELU)) {
            throw json.problem(
                    key, "only " + TANH_GELU + " is supported, found \"" + activation + "\".");
        }
    }
}
