package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Log-probabilities by their definition, as plainly as can be. */
final class ReferenceScores {

    private static final double TOLERANCE = 1e-4;

    private ReferenceScores() {}

    static LogProbabilities of(float[] logits, int id, int top) {
        double sum = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i])).sum();
        List<LogProbabilities.Entry> all = new ArrayList<>();
        for (int i = 0; i < logits.length; i++) {
            all.add(new LogProbabilities.Entry(i, logits[i] - Math.log(sum)));
        }
        double chosen = all.get(id).logProbability();
        all.sort(Comparator.comparing(entry -> -entry.logProbability()));
        return new LogProbabilities(chosen, all.subList(0, top));
    }

    static void assertClose(LogProbabilities expected, LogProbabilities actual) {
        assertEquals(expected.chosen(), actual.chosen(), TOLERANCE);
        assertEquals(expected.top().size(), actual.top().size());
        for (int i = 0; i < expected.top().size(); i++) {
            assertEquals(expected.top().get(i).id(), actual.top().get(i).id());
            assertEquals(
                    expected.top().get(i).logProbability(),
                    actual.top().get(i).logProbability(),
                    TOLERANCE);
        }
    }
}
