package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.file.MalformedFileException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the rotary embedding in both styles of config.json: {@code rope_theta}, {@code
 * rope_local_base_freq} and {@code rope_scaling}, or {@code rope_parameters}.
 */
final class RotaryJsonReader {

    private static final String FULL = LayerKind.FULL_ATTENTION.layerType();
    private static final String SLIDING = LayerKind.SLIDING_ATTENTION.layerType();

    private RotaryJsonReader() {}

    /** The rotary embeddings of a model. */
    record Pair(RotaryConfig full, RotaryConfig sliding) {}

    static Pair read(Version version, ConfigJson json) throws MalformedFileException {
        Optional<ConfigJson> parameters = json.findObject("rope_parameters");
        if (parameters.isEmpty()) {
            return released(version, json);
        }
        Pair rotary = parameters(version, parameters.get());
        checkAgreement(version, json, rotary);
        return rotary;
    }

    private static Pair released(Version version, ConfigJson json) throws MalformedFileException {
        if (version == Version.GEMMA3 && !json.states("rope_scaling")) {
            throw json.problem("rope_scaling", "expected an object or null, found no such key.");
        }
        RotaryConfig full = new RotaryConfig(json.number("rope_theta"), scaling(json));
        return version == Version.GEMMA3
                ? new Pair(full, new RotaryConfig(json.number("rope_local_base_freq"), 1))
                : new Pair(full, full);
    }

    private static Pair parameters(Version version, ConfigJson parameters)
            throws MalformedFileException {
        if (version != Version.GEMMA3) {
            RotaryConfig rotary = rotary(parameters);
            return new Pair(rotary, rotary);
        }
        // transformers overlooks what a Gemma 3 states beside the two objects, so it is refused.
        checkKeys(parameters, Set.of(FULL, SLIDING));
        return new Pair(rotary(parameters.object(FULL)), rotary(parameters.object(SLIDING)));
    }

    private static RotaryConfig rotary(ConfigJson parameters) throws MalformedFileException {
        checkKeys(parameters, Set.of("rope_theta", "rope_type", "type", "factor"));
        return new RotaryConfig(parameters.number("rope_theta"), factor(parameters));
    }

    private static double scaling(ConfigJson json) throws MalformedFileException {
        Optional<ConfigJson> scaling = json.findObject("rope_scaling");
        if (scaling.isEmpty()) {
            return 1;
        }
        checkKeys(scaling.get(), Set.of("rope_type", "type", "factor"));
        return factor(scaling.get());
    }

    private static double factor(ConfigJson scaling) throws MalformedFileException {
        Optional<String> olderName = scaling.findText("type");
        String type = scaling.findText("rope_type").or(() -> olderName).orElse("default");
        if (olderName.isPresent() && !olderName.get().equals(type)) {
            throw scaling.contradiction("type", olderName.get(), "rope_type", type);
        }
        if (type.equals("linear")) {
            return scaling.number("factor");
        }
        if (!type.equals("default")) {
            throw scaling.problem(
                    "rope_type", "only default and linear are supported, found \"" + type + "\".");
        }
        if (scaling.has("factor")) {
            throw scaling.contradiction("factor", scaling.number("factor"), "rope_type", "default");
        }
        return 1;
    }

    static void checkKeys(ConfigJson object, Set<String> known) throws MalformedFileException {
        for (String key : object.keys()) {
            if (!known.contains(key) && object.has(key)) {
                throw object.problem(
                        key, "is not supported here, only " + new TreeSet<>(known) + " are.");
            }
        }
    }

    private static void checkAgreement(Version version, ConfigJson json, Pair rotary)
            throws MalformedFileException {
        boolean nested = version == Version.GEMMA3;
        String full = "rope_parameters." + (nested ? FULL + "." : "");
        checkEqual(json, "rope_theta", full + "rope_theta", rotary.full().theta());
        if (nested) {
            checkEqual(
                    json,
                    "rope_local_base_freq",
                    "rope_parameters." + SLIDING + ".rope_theta",
                    rotary.sliding().theta());
        }
        if (json.has("rope_scaling") && scaling(json) != rotary.full().factor()) {
            throw json.contradiction(
                    "rope_scaling",
                    "a factor of " + scaling(json),
                    full + "factor",
                    rotary.full().factor());
        }
    }

    private static void checkEqual(ConfigJson json, String key, String otherKey, double otherValue)
            throws MalformedFileException {
        OptionalDouble value = json.findNumber(key);
        if (value.isPresent() && value.getAsDouble() != otherValue) {
            throw json.contradiction(key, value.getAsDouble(), otherKey, otherValue);
        }
    }
}
