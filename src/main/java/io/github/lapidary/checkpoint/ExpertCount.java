package io.github.lapidary.checkpoint;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many experts the layers of a checkpoint have, by the names of its tensors.
 *
 * @param everywhere the experts that every layer with experts has
 * @param anywhere the experts that any layer has
 */
record ExpertCount(int everywhere, int anywhere) {

    private static final Pattern EXPERT =
            Pattern.compile("(.*layers\\.\\d{1,6})\\..*experts\\.(\\d{1,6})\\..*");

    static ExpertCount of(Collection<String> names) {
        Map<String, Set<Integer>> byLayer = new HashMap<>();
        for (String name : names) {
            Matcher matcher = EXPERT.matcher(name);
            if (matcher.matches()) {
                byLayer.computeIfAbsent(matcher.group(1), layer -> new HashSet<>())
                        .add(Integer.parseInt(matcher.group(2)));
            }
        }
        Set<Integer> any = new HashSet<>();
        byLayer.values().forEach(any::addAll);
        Set<Integer> every = new HashSet<>(any);
        byLayer.values().forEach(every::retainAll);
        return new ExpertCount(every.size(), any.size());
    }

    /** Returns the expert that a tensor belongs to, -1 if to none. */
    static int expert(String name) {
        Matcher matcher = EXPERT.matcher(name);
        return matcher.matches() ? Integer.parseInt(matcher.group(2)) : -1;
    }

    /** Returns how many the layers have if all have too many or all too few, else the expected. */
    int found(int expected) {
        if (everywhere > expected) {
            return everywhere;
        }
        return anywhere > 0 ? Math.min(anywhere, expected) : expected;
    }
}
