package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.ContextLengthException;
import io.github.lapidary.inspection.ExpertLoad;
import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.nn.RoutingListener;
import io.github.lapidary.nn.TokenRoute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user of the facade hears of experts. */
@Timeout(60)
class RoutingTest {

    private static final RoutingListener NOBODY = (layer, routes) -> {};

    private static LanguageModel load(String name) throws Exception {
        return load(Tiny.path(name));
    }

    private static LanguageModel load(Path path) throws Exception {
        return LanguageModel.load(path, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
    }

    /** Collects what is heard of each layer, and how many tokens came at once. */
    private static final class Collector implements RoutingListener {
        private final Map<Integer, List<TokenRoute>> routes = new TreeMap<>();
        private final List<String> calls = new ArrayList<>();

        @Override
        public void routed(int layer, List<TokenRoute> own) {
            routes.computeIfAbsent(layer, number -> new ArrayList<>()).addAll(own);
            calls.add(layer + ": " + own.size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void listenersHearTheReferencesExpertsAndWeights(String name) throws Exception {
        try (LanguageModel model = load(name);
                Golden golden = Tiny.golden(name)) {
            for (String prompt : List.of("p0", "p1", "p2")) {
                int[] ids =
                        Arrays.stream(golden.longs(prompt + ".input_ids"))
                                .mapToInt(Math::toIntExact)
                                .toArray();
                Collector collector = new Collector();
                model.route(ids, collector, new Cancellation());
                assertEquals(2, collector.routes.size());
                collector.routes.forEach(
                        (layer, routes) -> assertRoutes(golden, prompt + ".moe." + layer, routes));
            }
        }
    }

    private static void assertRoutes(Golden golden, String key, List<TokenRoute> routes) {
        try {
            long[] first = golden.longs(key + ".index_1");
            long[] second = golden.longs(key + ".index_2");
            float[] firstWeight = golden.floats(key + ".gate_1");
            float[] secondWeight = golden.floats(key + ".gate_2");
            assertEquals(first.length, routes.size(), key);
            for (int i = 0; i < first.length; i++) {
                assertEquals(first[i], routes.get(i).firstExpert(), key);
                assertEquals(second[i], routes.get(i).secondExpert(), key);
                assertEquals(firstWeight[i], routes.get(i).firstWeight(), 1e-6, key);
                assertEquals(secondWeight[i], routes.get(i).secondWeight(), 1e-6, key);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The last layer is asked for all of its tokens, not only for what follows a text. */
    @Test
    void longTextsAreHeardOfChunkByChunk(@TempDir Path folder) throws Exception {
        Path longer = Tiny.copyWithContext("glam_alt", folder.resolve("model"), 4096);
        try (LanguageModel model = load(longer)) {
            int chunk = model.block().chunk();
            Collector all = new Collector();
            model.route(Tiny.prompt(chunk + 90), all, new Cancellation());
            Collector start = new Collector();
            model.route(Tiny.prompt(chunk), start, new Cancellation());

            assertEquals(List.of("1: 2048", "3: 2048", "1: 90", "3: 90"), all.calls);
            start.routes.forEach(
                    (layer, routes) ->
                            assertEquals(routes, all.routes.get(layer).subList(0, chunk)));
        }
    }

    @Test
    void reportTellsTheLoadOfEachLayer() throws Exception {
        try (LanguageModel model = load("glam")) {
            RoutingReport report = model.route("It was a fine morning");

            int[] ids = model.encode("It was a fine morning");
            assertEquals(IntStream.of(ids).boxed().toList(), report.ids());
            assertEquals(8, report.numExperts());
            assertEquals(
                    List.of(0, 2),
                    report.layers().stream().map(RoutingReport.SparseLayer::number).toList());
            for (RoutingReport.SparseLayer layer : report.layers()) {
                assertEquals(ids.length, layer.routes().size());
                for (int i = 0; i < 8; i++) {
                    int expert = i;
                    long tokens =
                            layer.routes().stream()
                                    .filter(
                                            route ->
                                                    route.firstExpert() == expert
                                                            || route.secondExpert() == expert)
                                    .count();
                    assertEquals(tokens, (long) layer.load().tokens().get(i));
                    assertEquals(tokens / (2.0 * ids.length), layer.load().share(i), 1e-12);
                }
            }
        }
    }

    @Test
    void balanceIsThatOfTheWork() {
        ExpertLoad even = new ExpertLoad(List.of(3, 3, 3, 3));
        assertEquals(1, even.entropy(), 1e-12);
        assertEquals(1, even.maximumOverMean(), 1e-12);
        assertEquals(0, even.idle());

        ExpertLoad two = new ExpertLoad(List.of(0, 5, 0, 5));
        assertEquals(0.5, two.entropy(), 1e-12);
        assertEquals(2, two.maximumOverMean(), 1e-12);
        assertEquals(2, two.idle());

        ExpertLoad uneven = new ExpertLoad(List.of(4, 2, 1, 1)); // 1/2, 1/4, 1/8, 1/8
        assertEquals(1.75 / 2, uneven.entropy(), 1e-12);
        assertEquals(2, uneven.maximumOverMean(), 1e-12);

        assertThrows(IllegalArgumentException.class, () -> new ExpertLoad(List.of(0, 0)));
    }

    @Test
    void reportsAreWhole() {
        Map<Integer, List<TokenRoute>> one = Map.of(2, List.of(new TokenRoute(0, 0.75f, 1, 0.25f)));

        assertEquals(
                "Layer 2 has 1 routes for 2 tokens.",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> RoutingReport.of(new int[] {2, 5}, 2, one))
                        .getMessage());
    }

    @Test
    void modelsWithoutExpertsSaySo() throws Exception {
        try (LanguageModel model = load("gemma2")) {
            assertEquals(
                    "The model, a gemma2, has no experts.",
                    assertThrows(IllegalArgumentException.class, () -> model.route("some words"))
                            .getMessage());
        }
    }

    @Test
    void whatCannotBeReadIsRefused() throws Exception {
        try (LanguageModel model = load("glam")) {
            Cancellation none = new Cancellation();
            int[] tooLong = Tiny.prompt(model.contextLength() + 1);
            assertThrows(ContextLengthException.class, () -> model.route(tooLong, NOBODY, none));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> model.route(new int[] {640}, NOBODY, none));
            Cancellation cancelled = new Cancellation();
            cancelled.cancel();
            assertThrows(
                    CancellationException.class,
                    () -> model.route(Tiny.prompt(5), NOBODY, cancelled));
        }
    }

    /** Nothing of the model is held while a listener runs. */
    @Test
    void aListenerMayCloseTheModel() throws Exception {
        LanguageModel model = load("glam");
        List<Integer> heard = new ArrayList<>();
        model.route(
                Tiny.prompt(5),
                (layer, routes) -> {
                    model.close();
                    heard.add(layer);
                },
                new Cancellation());
        assertTrue(heard.contains(2));
    }
}
