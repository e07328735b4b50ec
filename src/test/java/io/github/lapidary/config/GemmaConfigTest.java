package io.github.lapidary.config;

import static io.github.lapidary.config.LayerKind.FULL_ATTENTION;
import static io.github.lapidary.config.LayerKind.SLIDING_ATTENTION;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lapidary.config.GemmaConfig.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What the record refuses that config.json cannot say; the rest is in ConfigRefusalTest. */
class GemmaConfigTest {

    private static final RotaryConfig ROTARY = new RotaryConfig(10_000, 1);
    private static final OptionalInt NO_WINDOW = OptionalInt.empty();
    private static final OptionalDouble NO_CAP = OptionalDouble.empty();
    private static final List<LayerKind> FULL = List.of(FULL_ATTENTION);

    @Test
    void theLayerPlanIsACopy() {
        List<LayerKind> layerKinds = new ArrayList<>(FULL);
        GemmaConfig config = config(Version.GEMMA, layerKinds, NO_WINDOW, 16, NO_CAP, ROTARY);
        layerKinds.clear();
        assertEquals(1, config.numHiddenLayers());
    }

    @Test
    void aWindowIsThereIfAndOnlyIfALayerSlides() {
        assertEquals(
                "slidingWindow: expected none, since no layer slides, found OptionalInt[8].",
                refusal(Version.GEMMA2, FULL, OptionalInt.of(8), 16, NO_CAP, ROTARY));
        assertEquals(
                "slidingWindow: expected a window, since layers slide, found OptionalInt.empty.",
                refusal(Version.GEMMA2, List.of(SLIDING_ATTENTION), NO_WINDOW, 16, NO_CAP, ROTARY));
    }

    @Test
    void theFirstVersionHasFullAttentionWithoutCapsScaledByItsHeads() {
        assertEquals(
                "layerKinds of GEMMA: expected no sliding layer, found [SLIDING_ATTENTION].",
                refusal(
                        Version.GEMMA,
                        List.of(SLIDING_ATTENTION),
                        OptionalInt.of(8),
                        16,
                        NO_CAP,
                        ROTARY));
        assertEquals(
                "queryPreAttnScalar of GEMMA: expected headDim, which is 16, found 20.0.",
                refusal(Version.GEMMA, FULL, NO_WINDOW, 20, NO_CAP, ROTARY));
        assertEquals(
                "soft caps of GEMMA: expected none, found OptionalDouble[50.0] and"
                        + " OptionalDouble.empty.",
                refusal(Version.GEMMA, FULL, NO_WINDOW, 16, OptionalDouble.of(50), ROTARY));
    }

    @Test
    void onlyTheThirdVersionHasTwoRotaryEmbeddings() {
        RotaryConfig other = new RotaryConfig(500, 1);
        assertEquals(
                "slidingRotary of GEMMA2: expected fullRotary, which is "
                        + ROTARY
                        + ", found "
                        + other
                        + ".",
                refusal(Version.GEMMA2, FULL, NO_WINDOW, 16, NO_CAP, other));
        assertEquals(
                other, config(Version.GEMMA3, FULL, NO_WINDOW, 16, NO_CAP, other).slidingRotary());
    }

    private static String refusal(
            Version version,
            List<LayerKind> layerKinds,
            OptionalInt slidingWindow,
            double queryPreAttnScalar,
            OptionalDouble attnLogitSoftcapping,
            RotaryConfig slidingRotary) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                config(
                                        version,
                                        layerKinds,
                                        slidingWindow,
                                        queryPreAttnScalar,
                                        attnLogitSoftcapping,
                                        slidingRotary))
                .getMessage();
    }

    private static GemmaConfig config(
            Version version,
            List<LayerKind> layerKinds,
            OptionalInt slidingWindow,
            double queryPreAttnScalar,
            OptionalDouble attnLogitSoftcapping,
            RotaryConfig slidingRotary) {
        return new GemmaConfig(
                version,
                640,
                64,
                128,
                4,
                2,
                16,
                layerKinds,
                slidingWindow,
                queryPreAttnScalar,
                1e-6,
                100,
                attnLogitSoftcapping,
                OptionalDouble.empty(),
                ROTARY,
                slidingRotary,
                new SpecialTokens(2, List.of(1), 0));
    }
}
