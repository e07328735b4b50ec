package io.github.lapidary.training.run;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The values of a configuration file by their keys, parts joined by dots. */
final class RunValues {

    private static final int LONGEST = 1 << 20; // characters

    private final Path file;
    private final Map<String, Object> values = new LinkedHashMap<>();

    private RunValues(Path file) {
        this.file = file;
    }

    /** Reads a file, and puts overrides in place of what it says. */
    static RunValues read(Path file, List<String> overrides) throws IOException {
        RunValues values = new RunValues(file);
        if (Files.size(file) > LONGEST) {
            throw new MalformedFileException(file, "it is longer than a configuration can be.");
        }
        try {
            values.add("", values.parse(Files.readString(file)));
        } catch (MalformedInputException e) {
            throw new MalformedFileException(file, "it is no UTF-8 text.", e);
        }
        for (String override : overrides) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(
                        "A value is set as key=value, not as \"" + override + "\".");
            }
            String key = override.substring(0, equals);
            values.values.keySet().removeIf(each -> each.startsWith(key + "."));
            values.add(key, values.parse(override.substring(equals + 1)));
        }
        return values;
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(10);
        options.setNestingDepthLimit(20);
        options.setCodePointLimit(LONGEST);
        return new Yaml(new SafeConstructor(options));
    }

    private Object parse(String text) throws MalformedFileException {
        try {
            return yaml().load(text);
        } catch (YAMLException e) {
            throw new MalformedFileException(
                    file, "this is no YAML: " + e.getMessage().replaceAll("\\s*\\R\\s*", " "), e);
        }
    }

    private void add(String key, Object value) throws MalformedFileException {
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                add((key.isEmpty() ? "" : key + ".") + entry.getKey(), entry.getValue());
            }
        } else if (RunKey.isKnown(key)) {
            values.put(key, value);
        } else if (value != null || !key.isEmpty()) {
            throw new MalformedFileException(
                    file,
                    key.isEmpty()
                            ? "expected keys with values, found %s.".formatted(value)
                            : "there is no key %s; the nearest are %s."
                                    .formatted(key, joined(RunKey.nearest(key))));
        }
    }

    private static String joined(List<RunKey> keys) {
        return String.join(", ", keys.stream().map(RunKey::toString).toList());
    }

    /** Returns the first key whose value is another; what is left out is as if it were there. */
    Optional<RunKey> firstDifference(RunValues others) {
        return Arrays.stream(RunKey.values())
                .filter(key -> !Objects.equals(get(key), others.get(key)))
                .findFirst();
    }

    /** Returns the values as YAML. */
    String text() {
        return yaml().dump(values);
    }

    /** Returns what the file says, or what stands for it; null if nothing does. */
    Object get(RunKey key) {
        Object value = values.get(key.toString());
        return value == null ? key.standard().map(text -> yaml().load(text)).orElse(null) : value;
    }

    MalformedFileException problem(Object key, Object expected, Object found) {
        return new MalformedFileException(
                file, "%s: expected %s, found %s.".formatted(key, expected, found));
    }

    MalformedFileException missing(String what) {
        return new MalformedFileException(file, "%s is missing.".formatted(what));
    }

    Optional<Path> path(RunKey key) throws MalformedFileException {
        Object value = get(key);
        return value == null ? Optional.empty() : Optional.of(path(key, value));
    }

    Path path(Object key, Object value) throws MalformedFileException {
        if (value instanceof String text && !text.isBlank()) {
            return Path.of(text);
        }
        throw problem(key, "a path", value);
    }

    int integer(RunKey key, int least) throws MalformedFileException {
        Object value = get(key);
        if (value instanceof Integer number && number >= least) {
            return number;
        }
        throw problem(key, "a whole number, %d or more".formatted(least), value);
    }

    boolean truth(RunKey key) throws MalformedFileException {
        if (get(key) instanceof Boolean truth) {
            return truth;
        }
        throw problem(key, "true or false", get(key));
    }

    double number(RunKey key) throws MalformedFileException {
        return number(key, get(key));
    }

    /** Reads a number, such as 1e-3 too, which is a text in YAML 1.1. */
    double number(Object key, Object value) throws MalformedFileException {
        double number = Double.NaN;
        if (value instanceof Number found) {
            number = found.doubleValue();
        } else if (value instanceof String text && text.matches("[0-9.]+[eE][-+]?[0-9]+")) {
            number = Double.parseDouble(text);
        }
        if (number >= 0 && Double.isFinite(number)) {
            return number;
        }
        throw problem(key, "a number, 0 or more", value);
    }
}
