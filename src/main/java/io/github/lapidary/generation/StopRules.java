package io.github.lapidary.generation;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What ends a text: tokens and strings.
 *
 * @param ids tokens that end it
 * @param strings texts that end it
 * @param includeString whether such a text stays
 */
record StopRules(Set<Integer> ids, List<String> strings, boolean includeString) {

    /** Makes the collections immutable. */
    StopRules {
        ids = Set.copyOf(ids);
        strings = List.copyOf(strings);
    }

    /** Joins what the caller asks with the model's own end tokens, unless those are ignored. */
    static StopRules of(GenerationOptions options, Collection<Integer> endIds) {
        Set<Integer> ids = new HashSet<>(options.stopIds());
        if (!options.ignoreEos()) {
            ids.addAll(endIds);
        }
        return new StopRules(ids, options.stopStrings(), options.includeStopString());
    }

    /** Returns whether this token ends the text. */
    boolean endsAt(int id) {
        return ids.contains(id);
    }

    /** Returns a matcher for the text of one generation. */
    StopStringMatcher newMatcher() {
        return new StopStringMatcher(strings, includeString);
    }
}
