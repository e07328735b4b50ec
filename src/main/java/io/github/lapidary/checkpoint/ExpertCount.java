package io.github.lapidary.checkpoint;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many experts the sparse layers of a checkpoint have.
 *
 * @param expected by its configuration
 * @param found by the names of its tensors: more if all layers have more, fewer if all have fewer,
 *     else as many
 */
record ExpertCount(int expected, int found) {

    private static final Pattern EXPERT =
            Pattern.compile("(.*layers\\.\\d{1,6})\\..*experts\\.(\\d{1,6})\\..*");

    static ExpertCount of(Checkpoint checkpoint) {
        int expected = TensorNames.experts(checkpoint.config());
        if (expected == 0) {
            return new ExpertCount(0, 0);
        }
        Map<String, Set<Integer>> byLayer = new HashMap<>();
        for (String name : checkpoint.tensors().tensors().keySet()) {
            Matcher matcher = EXPERT.matcher(name);
            if (matcher.matches()) {
                byLayer.computeIfAbsent(matcher.group(1), layer -> new HashSet<>())
                        .add(Integer.parseInt(matcher.group(2)));
            }
        }
        Set<Integer> anywhere = new HashSet<>();
        byLayer.values().forEach(anywhere::addAll);
        Set<Integer> everywhere = new HashSet<>(anywhere);
        byLayer.values().forEach(everywhere::retainAll);
        int most = Math.max(everywhere.size(), expected);
        return new ExpertCount(expected, Math.min(anywhere.size(), most));
    }

    /** Returns how many are looked for one by one; others are told of by their number alone. */
    int common() {
        return Math.min(expected, found);
    }

    /** Returns whether a tensor belongs to an expert that is told of by its number alone. */
    boolean isBeyond(String name) {
        if (found == expected) {
            return false;
        }
        Matcher matcher = EXPERT.matcher(name);
        return matcher.matches() && Integer.parseInt(matcher.group(2)) >= common();
    }
}
