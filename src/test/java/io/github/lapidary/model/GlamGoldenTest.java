package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.nn.Step;
import io.github.lapidary.nn.TokenRoute;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
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
}
