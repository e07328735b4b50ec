package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.config.GlamConfig.ExpertActivation;
import io.github.lapidary.config.GlamConfig.SecondExpertPolicy;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The configs of released models by name, and those of the paper on GLaM.
 *
 * <p>Those from gemma-3-4b up are the text models of the multimodal releases. A text ends with
 * {@code <eos>} alone, as in the base models. Of the GLaM models, which nobody has released, those
 * whose name ends with a number of experts have every other layer sparse; what the paper's table
 * does not say is as in its references.
 */
public final class Presets {

    private static final SpecialTokens SPECIAL_TOKENS = new SpecialTokens(2, List.of(1), 0);
    private static final double RMS_NORM_EPS = 1e-6;
    private static final RotaryConfig BASE_10_000 = new RotaryConfig(10_000, 1);

    private static final Release GEMMA =
            new Release(
                    Version.GEMMA,
                    256_000,
                    8192,
                    new Plan(1, OptionalInt.empty()),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    BASE_10_000);
    private static final Release GEMMA2 =
            new Release(
                    Version.GEMMA2,
                    256_000,
                    8192,
                    new Plan(2, OptionalInt.of(4096)),
                    OptionalDouble.of(50),
                    OptionalDouble.of(30),
                    BASE_10_000);
    private static final Release GEMMA3_TEXT =
            new Release(
                    Version.GEMMA3,
                    262_144,
                    32_768,
                    new Plan(6, OptionalInt.of(512)),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    new RotaryConfig(1_000_000, 1));
    private static final Release GEMMA3_MULTIMODAL =
            new Release(
                    Version.GEMMA3,
                    262_208,
                    131_072,
                    new Plan(6, OptionalInt.of(1024)),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    new RotaryConfig(1_000_000, 8));

    private static final List<LayerKind> GRIFFIN_PATTERN =
            List.of(LayerKind.RECURRENT, LayerKind.RECURRENT, LayerKind.SLIDING_ATTENTION);

    private static final Map<String, ModelConfig> TABLE = table();

    private Presets() {}

    /** The last of every so many layers has full attention, the others slide. */
    private record Plan(int pattern, OptionalInt slidingWindow) {}

    /** The numbers that the models of a release share. */
    private record Release(
            Version version,
            int vocabSize,
            int maxPositionEmbeddings,
            Plan plan,
            OptionalDouble attnLogitSoftcapping,
            OptionalDouble finalLogitSoftcapping,
            RotaryConfig fullRotary) {}

    /** The numbers that differ between the models of a release. */
    private record Size(
            int numHiddenLayers,
            int hiddenSize,
            int intermediateSize,
            int numAttentionHeads,
            int numKeyValueHeads,
            int headDim,
            int queryPreAttnScalar) {}

    /** A row of the table of Du et al., without its experts. */
    private record GlamSize(
            int numHiddenLayers,
            int hiddenSize,
            int intermediateSize,
            int numAttentionHeads,
            int headDim) {}

    /**
     * Returns the config of a model.
     *
     * @throws IllegalArgumentException if there is none of this name; the message lists the names
     */
    public static ModelConfig get(String name) {
        ModelConfig config = TABLE.get(name);
        if (config == null) {
            throw new IllegalArgumentException(
                    "There is no preset \"" + name + "\"; there are " + names() + ".");
        }
        return config;
    }

    /** Returns the names, small models of a release first; immutable. */
    public static Set<String> names() {
        return TABLE.keySet();
    }

    private static Map<String, ModelConfig> table() {
        Size gemma2b = new Size(18, 2048, 16_384, 8, 1, 256, 256);
        Size gemma7b = new Size(28, 3072, 24_576, 16, 16, 256, 256);
        Map<String, ModelConfig> table = new LinkedHashMap<>();
        table.put("gemma-2b", config(GEMMA, gemma2b));
        table.put("gemma-7b", config(GEMMA, gemma7b));
        table.put("codegemma-2b", config(GEMMA, gemma2b));
        table.put("codegemma-7b", config(GEMMA, gemma7b));
        table.put("gemma-2-2b", config(GEMMA2, new Size(26, 2304, 9216, 8, 4, 256, 256)));
        table.put("gemma-2-9b", config(GEMMA2, new Size(42, 3584, 14_336, 16, 8, 256, 256)));
        table.put("gemma-2-27b", config(GEMMA2, new Size(46, 4608, 36_864, 32, 16, 128, 144)));
        table.put("gemma-3-270m", config(GEMMA3_TEXT, new Size(18, 640, 2048, 4, 1, 256, 256)));
        table.put("gemma-3-1b", config(GEMMA3_TEXT, new Size(26, 1152, 6912, 4, 1, 256, 256)));
        table.put(
                "gemma-3-4b",
                config(GEMMA3_MULTIMODAL, new Size(34, 2560, 10_240, 8, 4, 256, 256)));
        table.put(
                "gemma-3-12b",
                config(GEMMA3_MULTIMODAL, new Size(48, 3840, 15_360, 16, 8, 256, 256)));
        table.put(
                "gemma-3-27b",
                config(GEMMA3_MULTIMODAL, new Size(62, 5376, 21_504, 32, 16, 128, 168)));
        table.put("recurrentgemma-2b", recurrentGemma(26, 2560, 10));
        table.put("recurrentgemma-9b", recurrentGemma(38, 4096, 16));
        GlamSize glam1700m = new GlamSize(24, 2048, 8192, 16, 128);
        table.put("glam-0.1b", glam(new GlamSize(12, 768, 3072, 12, 64), 0));
        table.put("glam-0.1b-64e", glam(new GlamSize(12, 768, 3072, 12, 64), 64));
        table.put("glam-1.7b", glam(glam1700m, 0));
        table.put("glam-1.7b-32e", glam(glam1700m, 32));
        table.put("glam-1.7b-64e", glam(glam1700m, 64));
        table.put("glam-1.7b-128e", glam(glam1700m, 128));
        table.put("glam-1.7b-256e", glam(glam1700m, 256));
        table.put("glam-8b", glam(new GlamSize(32, 4096, 16_384, 32, 128), 0));
        table.put("glam-8b-64e", glam(new GlamSize(32, 4096, 16_384, 32, 128), 64));
        table.put("glam-137b", glam(new GlamSize(64, 8192, 65_536, 128, 128), 0));
        table.put("glam-64b-64e", glam(new GlamSize(64, 8192, 32_768, 128, 128), 64));
        return Collections.unmodifiableMap(table);
    }

    private static RecurrentGemmaConfig recurrentGemma(
            int numHiddenLayers, int hiddenSize, int numAttentionHeads) {
        return new RecurrentGemmaConfig(
                256_000,
                hiddenSize,
                6 * hiddenSize,
                numAttentionHeads,
                1,
                256,
                IntStream.range(0, numHiddenLayers)
                        .mapToObj(i -> GRIFFIN_PATTERN.get(i % GRIFFIN_PATTERN.size()))
                        .toList(),
                hiddenSize,
                4,
                2048,
                false,
                RMS_NORM_EPS,
                30,
                new RotaryConfig(10_000, 1, 0.5),
                SPECIAL_TOKENS);
    }

    private static GlamConfig glam(GlamSize size, int numExperts) {
        return new GlamConfig(
                256_000,
                size.hiddenSize(),
                size.intermediateSize(),
                size.intermediateSize(),
                size.numHiddenLayers(),
                size.numAttentionHeads(),
                size.headDim(),
                numExperts,
                2,
                0,
                ExpertActivation.RELU,
                false,
                RMS_NORM_EPS,
                1,
                OptionalDouble.of(0),
                32,
                128,
                false,
                true,
                1024,
                OptionalDouble.empty(),
                SecondExpertPolicy.ALL,
                0,
                true,
                0.01,
                1e-4,
                0,
                0,
                SPECIAL_TOKENS);
    }

    private static GemmaConfig config(Release release, Size size) {
        return new GemmaConfig(
                release.version(),
                release.vocabSize(),
                size.hiddenSize(),
                size.intermediateSize(),
                size.numAttentionHeads(),
                size.numKeyValueHeads(),
                size.headDim(),
                LayerKind.repeating(release.plan().pattern(), size.numHiddenLayers()),
                release.plan().slidingWindow(),
                size.queryPreAttnScalar(),
                RMS_NORM_EPS,
                release.maxPositionEmbeddings(),
                release.attnLogitSoftcapping(),
                release.finalLogitSoftcapping(),
                release.fullRotary(),
                BASE_10_000,
                SPECIAL_TOKENS);
    }
}
