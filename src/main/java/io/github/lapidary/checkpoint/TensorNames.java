package io.github.lapidary.checkpoint;

import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.kernel.format.WeightFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The one table of foreign names: what each parameter is called in a Hugging Face folder and in a
 * GGUF file.
 *
 * <p>Names below {@code layers.#.} stand for every layer. A parameter with several sources has them
 * one below another.
 */
final class TensorNames {

    /** Who names tensors. */
    enum Style {
        /** transformers, without the prefix that says where the text model lies. */
        HUGGING_FACE,
        /** llama.cpp. */
        GGUF
    }

    /** What a parameter is for, which decides the formats that it may be held in. */
    enum Role {
        /** The rows of ids, and the output matrix. */
        EMBEDDING,
        /** A matrix that rows are multiplied with. */
        LINEAR,
        /** Factors of a norm; always float32. GGUF stores them with one added. */
        NORM;

        /** Returns the format of such a parameter in a model of a format. */
        WeightFormat heldIn(WeightFormat format) {
            return this == NORM ? WeightFormat.FLOAT32 : format;
        }

        /** Returns what is added to such a parameter in files of a style. */
        float added(Style style) {
            return this == NORM && style == Style.GGUF ? 1 : 0;
        }
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

    private static final List<Row> ROWS =
            List.of(
                    row(
                            Role.EMBEDDING,
                            Part.EMBEDDING,
                            "embed_tokens.weight",
                            List.of("embed_tokens.weight"),
                            List.of("token_embd.weight")),
                    norm("input_layernorm", "attn_norm"),
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
                    row(
                            Role.NORM,
                            Part.NORM,
                            "norm.weight",
                            List.of("norm.weight"),
                            List.of("output_norm.weight")));

    private TensorNames() {}

    private static Row row(
            Role role, Part part, String parameter, List<String> huggingFace, List<String> gguf) {
        return new Row(Set.of(), role, part, parameter, huggingFace, gguf);
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
        List<Origin> origins = new ArrayList<>();
        for (String parameter : parameters) {
            origins.add(origin(config, parameter, style));
        }
        return origins;
    }

    private static Origin origin(ModelConfig config, String parameter, Style style) {
        String pattern = parameter.replaceFirst("^layers\\.\\d+\\.", "layers.#.");
        String number = parameter.replaceFirst("^layers\\.(\\d+)\\..*", "$1");
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
        Row row = rows.get(0);
        List<String> names = style == Style.GGUF ? row.gguf : row.huggingFace;
        return new Origin(
                parameter,
                row.role,
                row.part,
                names.stream().map(name -> name.replace("#", number)).toList());
    }
}
