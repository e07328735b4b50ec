package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MultinomialSamplerTest {

    @Test
    void keepsWhatHuggingFaceKeeps() throws IOException {
        for (WarperCase each : WarperCase.read()) {
            GenerationOptions options =
                    GenerationOptions.builder().repetitionPenalty(each.repetitionPenalty).build();
            Penalties penalties = new Penalties(options, each.prompt, each.logits.length);
            var sampler = new MultinomialSampler(each.temperature, each.topK, each.topP, each.minP);
            Map<Integer, Double> expected = new TreeMap<>();
            for (double[] pair : each.left) {
                expected.put((int) pair[0], pair[1]);
            }
            assertSame(expected, kept(sampler, penalties.apply(each.logits)), 1e-6, each);
        }
    }

    @Test
    void keepsWhatSortingAllTokensKeeps() {
        var random = new SplittableRandom(11);
        for (int i = 0; i < 3000; i++) {
            float[] logits = randomLogits(random, random.nextInt(1, 400));
            var filter = Filter.random(random, logits.length);
            assertSame(filter.bySorting(logits), kept(filter.sampler(), logits), 1e-12, filter);
        }
    }

    @Test
    void reusesItsMemoryFromTokenToToken() {
        var random = new SplittableRandom(12);
        var filter = new Filter(0.8, 9, 0.9, 0.01);
        MultinomialSampler sampler = filter.sampler();
        for (int i = 0; i < 200; i++) {
            float[] logits = randomLogits(random, random.nextInt(1, 400));
            float[] before = logits.clone();
            assertSame(filter.bySorting(logits), kept(sampler, logits), 1e-12, filter);
            assertTrue(Arrays.equals(before, logits), "the logits stay as they are");
        }
    }

    @Test
    void agreesOnAVocabularyOfFullSize() {
        var random = new SplittableRandom(13);
        float[] logits = new float[262_144];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (4 * random.nextGaussian());
        }
        for (Filter filter :
                List.of(
                        new Filter(1, 64, 0.95, 0),
                        new Filter(1, 0, 0.95, 0),
                        new Filter(5, 0, 0.999, 0),
                        new Filter(0.7, 0, 1, 0.05),
                        new Filter(1, 100_000, 1, 0))) {
            assertSame(filter.bySorting(logits), kept(filter.sampler(), logits), 1e-12, filter);
        }
    }

    @Test
    void keepsAllThatEqualTheLastOfTopK() {
        float[] logits = {1, 3, 2, 2, 0, 2};
        assertEquals(List.of(1, 2, 3, 5), keptIds(new Filter(1, 2, 1, 0), logits));
    }

    @Test
    void keepsTheLowerIdsWhereTopPCutsAmongEquals() {
        float[] logits = new float[8];
        assertEquals(List.of(0, 1, 2, 3), keptIds(new Filter(1, 0, 0.5, 0), logits));
    }

    @Test
    void keepsAtLeastOneToken() {
        float[] logits = {0, 2, 1, 2};
        assertEquals(List.of(1), keptIds(new Filter(1, 0, 0, 0), logits));
        assertEquals(List.of(1, 3), keptIds(new Filter(1, 0, 1, 1), logits));
    }

    @Test
    void appliesTopPToWhatTopKLeft() {
        // 0.4, 0.3, 0.2, 0.1: two are 0.7 of all, but one alone is 4/7 of the first two.
        float[] logits = {log(0.4), log(0.3), log(0.2), log(0.1)};
        assertEquals(List.of(0, 1), keptIds(new Filter(1, 0, 0.55, 0), logits));
        assertEquals(List.of(0), keptIds(new Filter(1, 2, 0.55, 0), logits));
    }

    @Test
    void dropsATokenIfThoseBeforeItReachTopPExactly() {
        double halving = 1 / Math.log(2);
        float[] logits = {-1, 0, -1};
        assertEquals(List.of(1), keptIds(new Filter(halving, 0, 0.5, 0), logits));
    }

    @Test
    void theEndsOfTheRandomRangeDrawTheFirstAndTheLastToken() {
        float[] logits = {Float.NEGATIVE_INFINITY, 0, 1, 0, Float.NEGATIVE_INFINITY};
        var sampler = new MultinomialSampler(1, 4, 1, 0);
        assertEquals(1, sampler.sample(logits, () -> 0L));
        assertEquals(3, sampler.sample(logits, () -> -1L));
    }

    @Test
    void proposesOnlyFarTokensByTheCommonBound() {
        float[] logits = {0, -20, -1};
        Iterator<Long> numbers = List.of(-1L, 0L, 0L).iterator(); // -1 proposes the last token
        var sampler = new MultinomialSampler(1, 0, 1, 0);
        assertEquals(0, sampler.sample(logits, numbers::next));
    }

    @Test
    void neverDrawsATokenOfNoWeight() {
        float[] logits = {Float.NEGATIVE_INFINITY, 1, Float.NEGATIVE_INFINITY, 0};
        var random = new SplittableRandom(1);
        for (double temperature : new double[] {1e-300, 1, 1e300}) {
            var sampler = new MultinomialSampler(temperature, 3, 1, 0);
            for (int i = 0; i < 200; i++) {
                int id = sampler.sample(logits, random);
                assertTrue(id == 1 || (id == 3 && temperature > 1e-300), "drew " + id);
            }
        }
    }

    @Test
    void drawsByProbability() {
        var random = new SplittableRandom(5);
        float[] logits = randomLogits(random, 60);
        var filter = new Filter(1.3, 30, 0.97, 0.01);
        Map<Integer, Double> expected = filter.bySorting(logits);
        MultinomialSampler sampler = filter.sampler();
        int draws = 300_000;
        int[] counts = new int[logits.length];
        for (int i = 0; i < draws; i++) {
            counts[sampler.sample(logits, random)]++;
        }
        double chiSquare = 0;
        for (int id = 0; id < counts.length; id++) {
            double mean = draws * expected.getOrDefault(id, 0.0);
            if (mean == 0) {
                assertEquals(0, counts[id], "a token that the filters drop");
            } else {
                chiSquare += (counts[id] - mean) * (counts[id] - mean) / mean;
            }
        }
        int freedom = expected.size() - 1;
        assertTrue(freedom >= 10, "enough tokens to judge: " + freedom);
        double limit = freedom + 4 * Math.sqrt(2.0 * freedom);
        assertTrue(chiSquare < limit, "chi-square " + chiSquare + " with limit " + limit);
    }

    @Test
    void drawsRareTokensByProbability() {
        // One likely token and many that are rare alone, but not together.
        int size = 200_001;
        float[] logits = new float[size];
        Arrays.fill(logits, 1, 100_001, -8.25f);
        Arrays.fill(logits, 100_001, size, -8.75f);
        double[] expected = {1, 100_000 * Math.exp(-16.5), 100_000 * Math.exp(-17.5)};
        double total = Arrays.stream(expected).sum();
        int draws = 20_000;
        var sampler = new MultinomialSampler(0.5, 0, 1, 0);
        var random = new SplittableRandom(8);
        int[] counts = new int[3];
        for (int i = 0; i < draws; i++) {
            int id = sampler.sample(logits, random);
            counts[id == 0 ? 0 : id <= 100_000 ? 1 : 2]++;
        }
        for (int i = 0; i < counts.length; i++) {
            double probability = expected[i] / total;
            double deviation = Math.sqrt(draws * probability * (1 - probability));
            assertEquals(draws * probability, counts[i], 4 * deviation);
        }
    }

    private static float log(double probability) {
        return (float) Math.log(probability);
    }

    private static float[] randomLogits(SplittableRandom random, int size) {
        float[] logits = new float[size];
        double spread = Math.pow(10, random.nextDouble(-3, 1.5));
        boolean rounded = random.nextBoolean();
        for (int i = 0; i < size; i++) {
            double logit = spread * random.nextGaussian();
            logits[i] = (float) (rounded ? Math.rint(logit * 4) / 4 : logit);
            if (i > 0 && random.nextInt(20) == 0) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
        return logits;
    }

    private static List<Integer> keptIds(Filter filter, float[] logits) {
        return List.copyOf(kept(filter.sampler(), logits).keySet());
    }

    private static Map<Integer, Double> kept(MultinomialSampler sampler, float[] logits) {
        Candidates candidates = sampler.filter(logits);
        Map<Integer, Double> probabilities = new TreeMap<>();
        for (int i = 0; i < candidates.count(); i++) {
            probabilities.put(candidates.id(i), candidates.probability(i));
        }
        return probabilities;
    }

    private static void assertSame(
            Map<Integer, Double> expected,
            Map<Integer, Double> actual,
            double tolerance,
            Object what) {
        assertEquals(expected.keySet(), actual.keySet(), what::toString);
        expected.forEach(
                (id, probability) ->
                        assertEquals(probability, actual.get(id), tolerance, what::toString));
    }

    /** Options of a sampler, and what they mean, written down naively. */
    private record Filter(double temperature, int topK, double topP, double minP) {

        static Filter random(SplittableRandom random, int size) {
            return new Filter(
                    Math.pow(10, random.nextDouble(-1, 1)),
                    random.nextBoolean() ? 0 : random.nextInt(1, size + 3),
                    random.nextBoolean() ? 1 : random.nextDouble(),
                    random.nextBoolean() ? 0 : Math.pow(random.nextDouble(), 3));
        }

        MultinomialSampler sampler() {
            return new MultinomialSampler(temperature, topK, topP, minP);
        }

        Map<Integer, Double> bySorting(float[] logits) {
            List<Integer> ids =
                    IntStream.range(0, logits.length)
                            .filter(id -> logits[id] > Float.NEGATIVE_INFINITY)
                            .boxed()
                            .sorted(Comparator.comparingDouble(id -> 0.0 - logits[id]))
                            .toList();
            float peak = logits[ids.get(0)];
            if (topK > 0 && topK < ids.size()) {
                float last = logits[ids.get(topK - 1)];
                ids = ids.stream().filter(id -> logits[id] >= last).toList();
            }
            Map<Integer, Double> weights =
                    ids.stream()
                            .collect(
                                    Collectors.toMap(
                                            id -> id,
                                            id ->
                                                    Math.exp(
                                                            (logits[id] - (double) peak)
                                                                    / temperature)));
            double target = topP * ids.stream().mapToDouble(weights::get).sum();
            double before = 0;
            Map<Integer, Double> kept = new TreeMap<>();
            for (int id : ids) {
                if ((kept.isEmpty() || before < target || topP == 1) && weights.get(id) >= minP) {
                    kept.put(id, weights.get(id));
                }
                before += weights.get(id);
            }
            double total = kept.values().stream().mapToDouble(Double::doubleValue).sum();
            kept.replaceAll((id, weight) -> weight / total);
            return kept;
        }
    }

    /** A case of {@code hugging_face_warpers.py}. */
    private static final class WarperCase {
        float[] logits = {};
        int[] prompt = {};
        List<double[]> left = List.of();
        double temperature;

        @SerializedName("repetition_penalty")
        double repetitionPenalty;

        @SerializedName("top_k")
        int topK;

        @SerializedName("top_p")
        double topP;

        @SerializedName("min_p")
        double minP;

        static WarperCase[] read() throws IOException {
            try (Reader reader =
                    new InputStreamReader(
                            WarperCase.class.getResourceAsStream(
                                    "/generation/hugging_face_warpers.json"),
                            StandardCharsets.UTF_8)) {
                return new Gson().fromJson(reader, WarperCase[].class);
            }
        }

        @Override
        public String toString() {
            return new Gson().toJson(this);
        }
    }
}
