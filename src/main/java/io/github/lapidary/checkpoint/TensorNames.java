package io.github.lapidary.checkpoint;

import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.config.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The one table of foreign names: what each parameter is called in a Hugging Face folder and in a
 * GGUF file.
 *
 * <p>Names below {@code layers.#.} stand for every layer, those with {@code experts.*} for every
 * expert of one. A parameter with several sources has them one below another.
 */
final class TensorNames {

    /** Who names tensors. */
    enum Style {
        /** transformers, without the prefix that says where the text model lies. */
        HUGGING_FACE,
        /** llama.cpp. */
        GGUF
    }

    /**
     * A row of the table.
     *
     * @param modelTypes the families it holds for; empty for all
     * @param parameter the library's path
     */
    private record Row(
            Set<String> modelTypes,
            Role role,
            Part part,
            String parameter,
            List<String> huggingFace,
            List<String> gguf) {

        boolean holdsFor(String modelType) {
            return modelTypes.isEmpty() || modelTypes.contains(modelType);
        }
    }

    private static final Pattern LAYER = Pattern.compile("^layers\\.(\\d+)\\.");

    /** llama.cpp has no such model. */
    private static final List<String> NONE = List.of();

    private static final List<Row> ROWS =
            List.of(
                    row(
                            Role.EMBEDDING,
                            Part.EMBEDDING,
                            "embed_tokens.weight",
                            List.of("embed_tokens.weight"),
                            List.of("token_embd.weight")),
                    norm("input_layernorm", "attn_norm", "gemma", "gemma2", "gemma3_text"),
                    row(
                            Role.LINEAR,
                            Part.ATTENTION,
                            "layers.#.self_attn.qkv_proj.weight",
                            List.of(
                                    "layers.#.self_attn.q_proj.weight",
                                    "layers.#.self_attn.k_proj.weight",
                                    "layers.#.self_attn.v_proj.weight"),
                            List.of(
                                    "blk.#.attn_q.weight",
                                    "blk.#.attn_k.weight",
                                    "blk.#.attn_v.weight")),
                    row(
                            Role.LINEAR,
                            Part.ATTENTION,
                            "layers.#.self_attn.o_proj.weight",
                            List.of("layers.#.self_attn.o_proj.weight"),
                            List.of("blk.#.attn_output.weight")),
                    norm("self_attn.q_norm", "attn_q_norm"),
                    norm("self_attn.k_norm", "attn_k_norm"),
                    // Gemma 1 calls the norm before its feed-forward by the place before it.
                    norm("post_attention_layernorm", "ffn_norm", "gemma"),
                    norm(
                            "post_attention_layernorm",
                            "post_attention_norm",
                            "gemma2",
                            "gemma3_text"),
                    norm("pre_feedforward_layernorm", "ffn_norm"),
                    row(
                            Role.LINEAR,
                            Part.FEED_FORWARD,
                            "layers.#.mlp.gate_proj.weight",
                            List.of("layers.#.mlp.gate_proj.weight"),
                            List.of("blk.#.ffn_gate.weight")),
                    row(
                            Role.LINEAR,
                            Part.FEED_FORWARD,
                            "layers.#.mlp.up_proj.weight",
                            List.of("layers.#.mlp.up_proj.weight"),
                            List.of("blk.#.ffn_up.weight")),
                    row(
                            Role.LINEAR,
                            Part.FEED_FORWARD,
                            "layers.#.mlp.down_proj.weight",
                            List.of("layers.#.mlp.down_proj.weight"),
                            List.of("blk.#.ffn_down.weight")),
                    norm("post_feedforward_layernorm", "post_ffw_norm"),
                    griffin(Role.NORM, Part.NORM, "temporal_pre_norm.weight"),
                    row(
                            Role.LINEAR,
                            Part.ATTENTION,
                            "layers.#.temporal_block.qkv_proj.weight",
                            List.of(
                                    "layers.#.temporal_block.q_proj.weight",
                                    "layers.#.temporal_block.k_proj.weight",
                                    "layers.#.temporal_block.v_proj.weight"),
                            NONE),
                    griffin(Role.LINEAR, Part.ATTENTION, "temporal_block.o_proj.weight"),
                    griffin(Role.BIAS, Part.ATTENTION, "temporal_block.o_proj.bias"),
                    griffin(Role.LINEAR, Part.RECURRENCE, "temporal_block.linear_y.weight"),
                    griffin(Role.BIAS, Part.RECURRENCE, "temporal_block.linear_y.bias"),
                    griffin(Role.LINEAR, Part.RECURRENCE, "temporal_block.linear_x.weight"),
                    griffin(Role.BIAS, Part.RECURRENCE, "temporal_block.linear_x.bias"),
                    griffin(Role.LINEAR, Part.RECURRENCE, "temporal_block.linear_out.weight"),
                    griffin(Role.BIAS, Part.RECURRENCE, "temporal_block.linear_out.bias"),
                    griffin(Role.RECURRENCE, Part.RECURRENCE, "temporal_block.conv_1d.weight"),
                    griffin(Role.RECURRENCE, Part.RECURRENCE, "temporal_block.conv_1d.bias"),
                    griffin(
                            Role.RECURRENCE,
                            Part.RECURRENCE,
                            "temporal_block.rg_lru.recurrent_param"),
                    gate(Role.BLOCK_DIAGONAL, "input_gate", "weight"),
                    gate(Role.BIAS, "input_gate", "bias"),
                    gate(Role.BLOCK_DIAGONAL, "recurrent_gate", "weight"),
                    gate(Role.BIAS, "recurrent_gate", "bias"),
                    griffin(Role.NORM, Part.NORM, "channel_pre_norm.weight"),
                    griffin(Role.LINEAR, Part.FEED_FORWARD, "mlp_block.gate_proj.weight"),
                    griffin(Role.BIAS, Part.FEED_FORWARD, "mlp_block.gate_proj.bias"),
                    griffin(Role.LINEAR, Part.FEED_FORWARD, "mlp_block.up_proj.weight"),
                    griffin(Role.BIAS, Part.FEED_FORWARD, "mlp_block.up_proj.bias"),
                    griffin(Role.LINEAR, Part.FEED_FORWARD, "mlp_block.down_proj.weight"),
                    griffin(Role.BIAS, Part.FEED_FORWARD, "mlp_block.down_proj.bias"),
                    glam(Role.FACTOR, Part.NORM, "layers.#.input_layernorm.weight"),
                    glam(
                            Role.POSITION_BIAS,
                            Part.POSITION_BIAS,
                            "layers.#.self_attn.relative_attention_bias.weight"),
                    glam(Role.FACTOR, Part.NORM, "layers.#.post_attention_layernorm.weight"),
                    glam(Role.EXPERT_GATE, Part.EXPERT_GATE, "layers.#.moe.gate.weight"),
                    experts("wg"),
                    experts("wi"),
                    experts("wo"),
                    glam(Role.FACTOR, Part.NORM, "norm.weight"),
                    lastNorm("norm.weight", "gemma", "gemma2", "gemma3_text"),
                    lastNorm("final_norm.weight", "recurrent_gemma"));

    private TensorNames() {}

    private static Row row(
            Role role, Part part, String parameter, List<String> huggingFace, List<String> gguf) {
        return new Row(Set.of(), role, part, parameter, huggingFace, gguf);
    }

    /** A tensor of a layer of Griffin, which transformers calls as the library does. */
    private static Row griffin(Role role, Part part, String name) {
        return row(role, part, "layers.#." + name, List.of("layers.#." + name), NONE);
    }

    private static Row gate(Role role, String name, String tensor) {
        String path = "layers.#.temporal_block.rg_lru." + name;
        return row(role, Part.RECURRENCE, path + "." + tensor, List.of(path + "_" + tensor), NONE);
    }

    /** A tensor of GLaM, which its reference calls as the library does. */
    private static Row glam(Role role, Part part, String name) {
        return new Row(Set.of("glam"), role, part, name, List.of(name), NONE);
    }

    /** A matrix of each expert of a layer. */
    private static Row experts(String name) {
        return new Row(
                Set.of("glam"),
                Role.EXPERTS,
                Part.EXPERTS,
                "layers.#.moe.experts." + name,
                List.of("layers.#.moe.experts.*." + name + ".weight"),
                NONE);
    }

    private static Row lastNorm(String huggingFace, String... modelTypes) {
        return new Row(
                Set.of(modelTypes),
                Role.NORM,
                Part.NORM,
                "norm.weight",
                List.of(huggingFace),
                List.of("output_norm.weight"));
    }

    /** A norm of every layer, which transformers calls as the library does. */
    private static Row norm(String name, String gguf, String... modelTypes) {
        String parameter = "layers.#." + name + ".weight";
        return new Row(
                Set.of(modelTypes),
                Role.NORM,
                Part.NORM,
                parameter,
                List.of(parameter),
                List.of("blk.#." + gguf + ".weight"));
    }

    /**
     * Where a parameter comes from.
     *
     * @param parameter the library's path
     * @param sources the foreign names, from the top rows to the last
     */
    record Origin(String parameter, Role role, Part part, List<String> sources) {}

    /** Returns the origin of each parameter, in the order given. */
    static List<Origin> origins(ModelConfig config, Iterable<String> parameters, Style style) {
        return origins(config, parameters, style, experts(config));
    }

    /**
     * Returns the origin of each parameter, in the order given.
     *
     * @param experts how many experts of a layer are named, where there may be more
     */
    static List<Origin> origins(
            ModelConfig config, Iterable<String> parameters, Style style, int experts) {
        List<Origin> origins = new ArrayList<>();
        for (String parameter : parameters) {
            Matcher layer = LAYER.matcher(parameter);
            String number = layer.lookingAt() ? layer.group(1) : "";
            Row row = row(config, parameter);
            origins.add(
                    new Origin(
                            parameter,
                            row.role,
                            row.part,
                            (style == Style.GGUF ? row.gguf : row.huggingFace)
                                    .stream()
                                            .map(name -> name.replace("#", number))
                                            .flatMap(name -> ofEachExpert(name, experts))
                                            .toList()));
        }
        return origins;
    }

    /** Returns how many experts a sparse layer of a model has, 0 if none is sparse. */
    static int experts(ModelConfig config) {
        return config instanceof GlamConfig glam ? glam.numExperts() : 0;
    }

    private static Row row(ModelConfig config, String parameter) {
        String pattern = LAYER.matcher(parameter).replaceFirst("layers.#.");
        List<Row> rows =
                ROWS.stream()
                        .filter(row -> row.parameter.equals(pattern))
                        .filter(row -> row.holdsFor(config.modelType()))
                        .toList();
        if (rows.size() != 1) {
            throw new IllegalStateException(
                    "The table of tensor names has "
                            + rows.size()
                            + " rows for "
                            + parameter
                            + " of "
                            + config.modelType()
                            + "; it needs one.");
        }
        return rows.get(0);
    }

    private static Stream<String> ofEachExpert(String name, int experts) {
        return name.contains("*")
                ? IntStream.range(0, experts)
                        .mapToObj(expert -> name.replace("*", String.valueOf(expert)))
                : Stream.of(name);
    }
}
