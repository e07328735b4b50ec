package io.github.lapidary.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** How settings differ. */
final class JsonDifference {

    private static final int MOST = 5;

    private JsonDifference() {}

    /** Returns which members were and are what; nothing if all are alike. */
    static String between(JsonObject was, JsonObject is) {
        Map<String, String> before = new TreeMap<>();
        Map<String, String> now = new TreeMap<>();
        flatten("", was, before);
        flatten("", is, now);
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        List<String> differences = new ArrayList<>();
        for (String name : names) {
            String old = before.getOrDefault(name, "absent");
            String current = now.getOrDefault(name, "absent");
            if (!old.equals(current)) {
                differences.add("%s was %s, is now %s".formatted(name, old, current));
            }
        }
        int more = differences.size() - MOST;
        return String.join(", ", more > 0 ? differences.subList(0, MOST) : differences)
                + (more > 0 ? " and " + more + " more" : "");
    }

    /** Lists of plain values stay whole, others get a name for each element. */
    private static void flatten(String name, JsonElement value, Map<String, String> flat) {
        if (value.isJsonObject()) {
            String prefix = name.isEmpty() ? "" : name + ".";
            value.getAsJsonObject()
                    .asMap()
                    .forEach((key, member) -> flatten(prefix + key, member, flat));
        } else if (value.isJsonArray()
                && value.getAsJsonArray().asList().stream().anyMatch(JsonElement::isJsonObject)) {
            for (int i = 0; i < value.getAsJsonArray().size(); i++) {
                flatten(name + "[" + i + "]", value.getAsJsonArray().get(i), flat);
            }
        } else {
            flat.put(name, value.toString());
        }
    }
}
