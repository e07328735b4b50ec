package io.github.lapidary.translate;

import java.io.File;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model's place and arguments, written {@code lapidary:PATH?dtype=bfloat16&context=2048}.
 *
 * <p>The path may be relative, and may follow two slashes as well. Like in any URL, a space is
 * written {@code %20}.
 *
 * @param path a Hugging Face folder or a GGUF file; absolute
 * @param arguments by name
 */
record ModelUrl(Path path, Map<String, String> arguments) {

    static final String SCHEME = "lapidary";

    /**
     * Reads a URL.
     *
     * @throws IllegalArgumentException if it has no path, a part of the query no value, or an
     *     argument is not known
     */
    static ModelUrl of(URI url) {
        String[] parts = url.getRawSchemeSpecificPart().split("\\?", 2);
        String path = decoded(parts[0].startsWith("//") ? parts[0].substring(2) : parts[0], false);
        if (path.isEmpty()) {
            throw new IllegalArgumentException(
                    url + ": there is no path; expected " + SCHEME + ":PATH.");
        }
        Map<String, String> arguments = new TreeMap<>();
        for (String argument : parts.length < 2 ? new String[0] : parts[1].split("&")) {
            String[] pair = argument.split("=", 2);
            if (pair.length < 2) {
                throw new IllegalArgumentException(
                        url + ": expected NAME=VALUE after the question mark, found " + argument);
            }
            String name = decoded(pair[0], true);
            if (!Arguments.NAMES.contains(name)) {
                throw new IllegalArgumentException(
                        url + ": unknown argument " + name + "; known are " + Arguments.NAMES);
            }
            arguments.put(name, decoded(pair[1], true));
        }
        // A File takes /C:/models too, as Windows' paths are in URLs.
        return new ModelUrl(new File(path).toPath().toAbsolutePath().normalize(), arguments);
    }

    private static String decoded(String text, boolean isQuery) {
        String plain = isQuery ? text : text.replace("+", "%2B");
        return URLDecoder.decode(plain, StandardCharsets.UTF_8);
    }
}
