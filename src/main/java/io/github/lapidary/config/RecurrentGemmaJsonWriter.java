package io.github.lapidary.config;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Makes the keys of config.json of a {@link RecurrentGemmaConfig}. */
final class RecurrentGemmaJsonWriter {

    private RecurrentGemmaJsonWriter() {}

    static Map<String, Object> values(RecurrentGemmaConfig config) {
        Map<String, Object> values = SharedKeys.values(config, "RecurrentGemmaForCausalLM");
        values.put("num_key_value_heads", config.numKeyValueHeads());
        List<String> blockTypes = blockTypes(config.layerKinds());
        values.put("_block_types", blockTypes);
        values.put("block_types", blockTypes); // which transformers 5 reads
        values.put("lru_width", config.lruWidth());
        values.put("conv1d_width", config.conv1dWidth());
        values.put("attention_window_size", config.attentionWindowSize());
        if (config.attentionWindowExcludesSelf()) {
            values.put(RecurrentGemmaJsonReader.EXCLUDES_SELF, true);
        }
        values.put("logits_soft_cap", config.logitsSoftCap());
        values.put("rope_theta", config.rotary().theta());
        values.put("partial_rotary_factor", config.rotary().partialRotaryFactor());
        values.put("hidden_activation", SupportedKeys.TANH_GELU);
        values.put("embeddings_scale_by_sqrt_dim", true);
        return values;
    }

    /** Returns the shortest list that repeated gives the plan. */
    private static List<String> blockTypes(List<LayerKind> layerKinds) {
        int length =
                IntStream.rangeClosed(1, layerKinds.size())
                        .filter(n -> repeats(layerKinds, n))
                        .findFirst()
                        .orElseThrow();
        return layerKinds.subList(0, length).stream()
                .map(
                        kind ->
                                kind == LayerKind.RECURRENT
                                        ? kind.layerType()
                                        : RecurrentGemmaJsonReader.ATTENTION)
                .toList();
    }

    private static boolean repeats(List<LayerKind> layerKinds, int length) {
        return IntStream.range(length, layerKinds.size())
                .allMatch(i -> layerKinds.get(i) == layerKinds.get(i - length));
    }
}
