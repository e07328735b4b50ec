package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TokenRoute;
import io.github.lapidary.state.DecodingState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Both tiny GLaM checkpoints against the numbers of a reference that was held against lingvo's. */
class GlamGoldenTest extends ModelContract {

    static final List<String> ALL = List.of("glam", "glam_alt");

    private static final double GATE_TOLERANCE = 1e-6;

    @Override
    List<String> checkpoints() {
        return ALL;
    }

    @Override
    List<String> detailedCheckpoints() {
        return ALL;
    }

    /** In a pass that is listened to, and which gives the same numbers as one that is not. */
    @ParameterizedTest
    @MethodSource("checkpoints")
    void listenersHearTheReferencesExpertsAndWeights(String name) throws Exception {
        try (NDManager manager = NDManager.newBaseManager();
                Golden golden = Tiny.golden(name)) {
            CausalLanguageModel model = Tiny.load(name, manager);
            for (String prompt : List.of("p0", "p1", "p2")) {
                NDArray ids = golden.array(manager, prompt + ".input_ids").flatten();
                Map<Integer, List<TokenRoute>> heard = new HashMap<>();
                int[] length = {Math.toIntExact(ids.size())};
                try (Step step = Step.whole(manager, length, false)) {
                    step.listen(heard::put);
                    NDArray x = model.forward(step, ids, () -> {});
                    float[] logits = model.logits(x).toFloatArray();
                    Golden.assertClose(prompt, golden.floats(prompt + ".logits"), logits, 1e-4);
                }
                List<Integer> sparse = sparseLayers(model);
                assertEquals(sparse, heard.keySet().stream().sorted().toList());
                for (int layer : sparse) {
                    assertRoutes(golden, prompt + ".moe." + layer, heard.get(layer));
                }
            }
        }
    }

    static List<Integer> sparseLayers(CausalLanguageModel model) {
        GlamConfig config = (GlamConfig) model.config();
        List<Integer> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            if (config.isSparse(i)) {
                layers.add(i);
            }
        }
        return layers;
    }

    private static void assertRoutes(Golden golden, String key, List<TokenRoute> routes)
            throws Exception {
        long[] first = golden.longs(key + ".index_1");
        long[] second = golden.longs(key + ".index_2");
        float[] firstWeight = golden.floats(key + ".gate_1");
        float[] secondWeight = golden.floats(key + ".gate_2");
        assertEquals(first.length, routes.size());
        for (int i = 0; i < first.length; i++) {
            TokenRoute route = routes.get(i);
            assertEquals(first[i], route.firstExpert());
            assertEquals(second[i], route.secondExpert());
            assertEquals(firstWeight[i], route.firstWeight(), GATE_TOLERANCE);
            assertEquals(secondWeight[i], route.secondWeight(), GATE_TOLERANCE);
        }
    }

    /** In inference and in training, of one pass and of groups of layers. */
    @ParameterizedTest
    @CsvSource({"glam, 0", "glam, 2", "glam_alt, 3"})
    void gatesThatGiveNoNumbersEndThePassByLayerAndToken(String name, int layer) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            Decoding decoding = new Decoding(Tiny.load(name, manager), manager);
            String path = "layers." + layer + ".moe.gate.weight";
            NDArray weight = decoding.model().parametersByPath().get(path).getArray();
            NDArray fault = manager.full(weight.getShape(), Float.NaN);
            fault.copyTo(weight);
            NDList ids = new NDList(manager.create(Tiny.ids(5), new Shape(1, 5)));
            List<Executable> passes =
                    List.of(
                            () -> decoding.whole(Tiny.ids(5)),
                            () -> decoding.whole(Tiny.ids(40)),
                            () ->
                                    decoding.model()
                                            .forward(
                                                    new ParameterStore(manager, false), ids, true));
            for (Executable pass : passes) {
                ArithmeticException e = assertThrows(ArithmeticException.class, pass);
                assertEquals(
                        "The gate of layer "
                                + layer
                                + " gives nan for token 0: its weight or the token is not finite.",
                        e.getMessage());
            }
        }
    }

    /** An infinite row of the embedding. */
    @Test
    void aTokenThatIsNoNumberLeavesTheStateAsItWas() throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            Decoding decoding = new Decoding(Tiny.load("glam", manager), manager);
            NDArray embedding = decoding.model().embedding().weight();
            embedding.set(new NDIndex("9, 3"), Float.POSITIVE_INFINITY);
            try (DecodingState state = decoding.start()) {
                decoding.feed(state, 2, 5, 6);
                assertThrows(ArithmeticException.class, () -> decoding.feed(state, 9));
                assertEquals(3, state.position());
                decoding.feed(state, 7);
                assertEquals(4, state.position());
            }
        }
    }
}
