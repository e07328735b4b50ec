package io.github.lapidary.config;

import io.github.lapidary.config.GemmaConfig.Version;
import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Reads a config from the metadata of a GGUF file, under the keys that llama.cpp writes.
 *
 * <p>A GGUF file does not state everything; what is absent is what llama.cpp's loader takes:
 *
 * <ul>
 *   <li>the query scale is hidden size over heads in the 27B models, which are known by their 46
 *       (Gemma 2) or 62 (Gemma 3) layers, and the head size in all others;
 *   <li>every second (Gemma 2) or sixth (Gemma 3) layer has full attention, the others slide; a
 *       Gemma 3 whose window is 0 has full attention in all;
 *   <li>the window of Gemma 2 is 4096, its soft caps are 50 and 30; a cap of 0 is none;
 *   <li>the rotary base of Gemma 1 and 2 is 10,000, as is that of the sliding layers of Gemma 3,
 *       which are not scaled.
 * </ul>
 *
 * <p>A text ends with the file's {@code eos_token_id} and {@code eot_token_id}. If the file has a
 * chat template that names {@code <end_of_turn>}, that token ends it too: converters do not always
 * state the id, and a base model, which has no template, should not stop at it.
 */
public final class GgufConfigReader {

    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String END_OF_TURN = "<end_of_turn>";

    private final GgufMetadata metadata;
    private final String architecture;
    private final Version version;

    private GgufConfigReader(GgufMetadata metadata, String architecture, Version version) {
        this.metadata = metadata;
        this.architecture = architecture;
        this.version = version;
    }

    /**
     * Reads the config of the architectures {@code gemma}, {@code gemma2} and {@code gemma3}.
     *
     * @param metadata the key-value part of the file
     * @param file the file, for messages
     * @throws MalformedFileException if the architecture is another, or a key is missing, of
     *     another type, out of range or not supported
     */
    public static ModelConfig read(GgufMetadata metadata, Path file) throws MalformedFileException {
        try {
            String architecture = metadata.get("general.architecture", String.class);
            Version version =
                    switch (architecture) {
                        case "gemma" -> Version.GEMMA;
                        case "gemma2" -> Version.GEMMA2;
                        case "gemma3" -> Version.GEMMA3;
                        default ->
                                throw new IllegalArgumentException(
                                        "general.architecture: expected gemma, gemma2 or gemma3,"
                                                + " found \""
                                                + architecture
                                                + "\".");
                    };
            return new GgufConfigReader(metadata, architecture, version).config();
        } catch (NoSuchElementException | IllegalArgumentException e) {
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }

    private GemmaConfig config() {
        int heads = integer(key("attention.head_count"));
        int headDim = headDim();
        int hiddenSize = integer(key("embedding_length"));
        int layers = integer(key("block_count"));
        ConfigCheck.layerCount(key("block_count"), layers);
        List<LayerKind> layerKinds = layerKinds(layers);
        boolean slides = layerKinds.contains(LayerKind.SLIDING_ATTENTION);
        RotaryConfig fullRotary = fullRotary();
        return new GemmaConfig(
                version,
                metadata.get(TOKENS, List.class).size(),
                hiddenSize,
                integer(key("feed_forward_length")),
                heads,
                integer(key("attention.head_count_kv")),
                headDim,
                layerKinds,
                slides ? OptionalInt.of(window()) : OptionalInt.empty(),
                queryPreAttnScalar(layers, heads, hiddenSize, headDim),
                number(key("attention.layer_norm_rms_epsilon")),
                integer(key("context_length")),
                softCap("attn_logit_softcapping", 50),
                softCap("final_logit_softcapping", 30),
                fullRotary,
                slidingRotary(fullRotary),
                specialTokens());
    }

    private int headDim() {
        int headDim = integer(key("attention.key_length"));
        for (String name : List.of("attention.value_length", "rope.dimension_count")) {
            findInteger(key(name))
                    .ifPresent(
                            size ->
                                    ConfigCheck.that(
                                            size == headDim,
                                            key(name),
                                            key("attention.key_length") + ", which is " + headDim,
                                            size));
        }
        return headDim;
    }

    private int window() {
        String name = "attention.sliding_window";
        return version == Version.GEMMA2 ? findInteger(key(name)).orElse(4096) : integer(key(name));
    }

    private List<LayerKind> layerKinds(int layers) {
        if (version == Version.GEMMA || window() == 0) {
            return LayerKind.repeating(1, layers);
        }
        String key = key("attention.sliding_window_pattern");
        if (metadata.contains(key) && !(metadata.find(key, Object.class).get() instanceof Long)) {
            boolean[] slides = metadata.get(key, boolean[].class);
            ConfigCheck.that(
                    slides.length == layers,
                    key,
                    layers + " elements, as many as " + key("block_count"),
                    slides.length);
            return IntStream.range(0, layers)
                    .mapToObj(
                            layer ->
                                    slides[layer]
                                            ? LayerKind.SLIDING_ATTENTION
                                            : LayerKind.FULL_ATTENTION)
                    .toList();
        }
        int pattern = findInteger(key).orElse(version == Version.GEMMA2 ? 2 : 6);
        ConfigCheck.that(pattern >= 1, key, "1 or more", pattern);
        return LayerKind.repeating(pattern, layers);
    }

    private double queryPreAttnScalar(int layers, int heads, int hiddenSize, int headDim) {
        int layersOf27b =
                switch (version) {
                    case GEMMA -> 0; // there is none
                    case GEMMA2 -> 46;
                    case GEMMA3 -> 62;
                };
        return layers == layersOf27b ? (double) hiddenSize / heads : headDim;
    }

    private OptionalDouble softCap(String name, double defaultOfSecondVersion) {
        if (version == Version.GEMMA) {
            return OptionalDouble.empty();
        }
        double cap =
                findNumber(key(name))
                        .orElse(version == Version.GEMMA2 ? defaultOfSecondVersion : 0);
        return cap == 0 ? OptionalDouble.empty() : OptionalDouble.of(cap);
    }

    private RotaryConfig fullRotary() {
        String thetaKey = key("rope.freq_base");
        double theta =
                version == Version.GEMMA3 ? number(thetaKey) : findNumber(thetaKey).orElse(10_000);
        String typeKey = key("rope.scaling.type");
        String type = metadata.find(typeKey, String.class).orElse("linear");
        ConfigCheck.that(
                type.equals("linear") || type.equals("none"), typeKey, "linear or none", type);
        return new RotaryConfig(
                theta, type.equals("none") ? 1 : findNumber(key("rope.scaling.factor")).orElse(1));
    }

    private RotaryConfig slidingRotary(RotaryConfig full) {
        OptionalDouble theta = findNumber(key("rope.freq_base_swa"));
        return version == Version.GEMMA3
                ? new RotaryConfig(theta.orElse(10_000), 1)
                : new RotaryConfig(theta.orElse(full.theta()), full.factor());
    }

    private SpecialTokens specialTokens() {
        List<Integer> ends = new ArrayList<>();
        ends.add(integer("tokenizer.ggml.eos_token_id"));
        findInteger("tokenizer.ggml.eot_token_id").ifPresent(ends::add);
        Optional<String> template = metadata.find("tokenizer.chat_template", String.class);
        if (template.isPresent() && template.get().contains(END_OF_TURN)) {
            int id = metadata.get(TOKENS, List.class).indexOf(END_OF_TURN);
            if (id >= 0) {
                ends.add(id);
            }
        }
        return new SpecialTokens(
                integer("tokenizer.ggml.bos_token_id"),
                ends.stream().distinct().toList(),
                findInteger("tokenizer.ggml.padding_token_id").orElse(0));
    }

    private String key(String name) {
        return architecture + "." + name;
    }

    private int integer(String key) {
        return toInteger(key, metadata.get(key, Long.class));
    }

    private OptionalInt findInteger(String key) {
        return metadata.find(key, Long.class)
                .map(value -> OptionalInt.of(toInteger(key, value)))
                .orElse(OptionalInt.empty());
    }

    private static int toInteger(String key, long value) {
        ConfigCheck.that((int) value == value, key, "an integer of 32 bits", value);
        return (int) value;
    }

    private double number(String key) {
        return toShortestDouble(metadata.get(key, Double.class));
    }

    private OptionalDouble findNumber(String key) {
        return metadata.find(key, Double.class)
                .map(value -> OptionalDouble.of(toShortestDouble(value)))
                .orElse(OptionalDouble.empty());
    }

    // A float32 of 1e-6 widens to 9.999999974752427e-07; what was meant is the shortest decimal
    // that rounds to the same float32.
    private static double toShortestDouble(double value) {
        float narrow = (float) value;
        return narrow == value ? Double.parseDouble(Float.toString(narrow)) : value;
    }
}
