package io.github.lapidary.cli;

import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.checkpoint.Part;
import io.github.lapidary.config.LayerKind;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigWriter;
import io.github.lapidary.file.Printable;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.inspection.Inspection;
import io.github.lapidary.inspection.Inspection.ChatTemplateSummary;
import io.github.lapidary.inspection.Inspection.NamedToken;
import io.github.lapidary.inspection.MemoryNeed;
import io.github.lapidary.inspection.TensorNamePattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An inspection for people. */
final class InspectionText {

    /** The widest line, unless a name is long. */
    static final int COLUMNS = 96;

    private static final String INDENT = "  ";

    /** Sizes by the keys of config.json; not every family has all. */
    private static final List<List<String>> SIZES =
            List.of(
                    List.of("vocab_size", "hidden_size", "intermediate_size", "sliding_window"),
                    List.of("num_attention_heads", "num_key_value_heads", "head_dim"),
                    List.of("attention_window_size", "lru_width", "conv1d_width"),
                    List.of(
                            "num_experts",
                            "moe_intermediate_size",
                            "moe_layer_freq",
                            "moe_layer_offset"));

    private final Inspection inspection;
    private final boolean allTensors;
    private final StringBuilder text = new StringBuilder();

    /**
     * Prepares the text.
     *
     * @param allTensors whether each tensor has a line, rather than all that are alike
     */
    InspectionText(Inspection inspection, boolean allTensors) {
        this.inspection = inspection;
        this.allTensors = allTensors;
    }

    /** Returns the text. */
    @Override
    public String toString() {
        text.setLength(0);
        text.append(printable(inspection.path().toAbsolutePath().normalize().getFileName()));
        text.append("\n\n").append(overview());
        inspection.size().ifPresent(size -> text.append("\nParameters\n").append(parameters(size)));
        if (!inspection.tensors().isEmpty()) {
            text.append("\nTensors\n").append(tensors());
            leftAside();
        }
        if (!inspection.memory().isEmpty()) {
            text.append("\nMemory\n").append(memory());
            text.append("\nFloating-point operations of a token\n").append(flops());
        }
        if (inspection.container().isPresent()) {
            text.append('\n').append(new FindingsText(inspection));
        }
        return text.toString();
    }

    private TextTable overview() {
        TextTable table = new TextTable(INDENT, "ll");
        inspection.config().ifPresent(config -> model(config, table));
        if (!inspection.files().isEmpty()) {
            stored(table);
        }
        inspection
                .tokenizer()
                .ifPresent(
                        own ->
                                table.row(
                                        "tokenizer",
                                        "%s tokens; texts begin with %s"
                                                .formatted(
                                                        number(own.size()),
                                                        token(own.beginning()))));
        if (!inspection.stopTokens().isEmpty()) {
            table.row(
                    "texts end at",
                    inspection.stopTokens().stream()
                            .map(InspectionText::token)
                            .collect(Collectors.joining(", ")));
        }
        if (inspection.chatTemplate().isPresent()) {
            template(inspection.chatTemplate().get(), table);
        } else if (inspection.container().isPresent()) {
            table.row("chat template", "none");
        }
        return table;
    }

    private static void model(ModelConfig config, TextTable table) {
        table.row("family", config.modelType());
        Map<LayerKind, Long> kinds =
                config.layerKinds().stream()
                        .collect(
                                Collectors.groupingBy(
                                        Function.identity(),
                                        () -> new EnumMap<>(LayerKind.class),
                                        Collectors.counting()));
        table.row(
                "layers",
                config.numHiddenLayers()
                        + ": "
                        + kinds.entrySet().stream()
                                .map(kind -> kind.getValue() + " " + kind.getKey().layerType())
                                .collect(Collectors.joining(", ")));
        Map<String, Object> values = ModelConfigWriter.values(config);
        String title = "sizes";
        for (List<String> keys : SIZES) {
            String sizes =
                    keys.stream()
                            .filter(key -> values.get(key) != null)
                            .map(key -> key + " " + values.get(key))
                            .collect(Collectors.joining(", "));
            if (!sizes.isEmpty() && !sizes.startsWith("num_experts 0,")) {
                table.row(title, sizes);
            }
            title = "";
        }
        int context = config.maxPositionEmbeddings();
        table.row(
                "context",
                context == ModelConfig.UNLIMITED ? "unlimited" : number(context) + " tokens");
    }

    private void stored(TextTable table) {
        Map<StoredType, Long> types = new EnumMap<>(StoredType.class);
        for (TensorEntry tensor : inspection.tensors()) {
            types.merge(tensor.type(), tensor.bytes(), Long::sum);
        }
        long bytes = inspection.files().values().stream().mapToLong(Long::longValue).sum();
        int files = inspection.files().size();
        table.row(
                "stored",
                inspection.container().orElseThrow()
                        + (files == 1 ? ", " : " in " + files + " files, ")
                        + ByteCount.text(bytes)
                        + ": "
                        + types.entrySet().stream()
                                .sorted(Map.Entry.<StoredType, Long>comparingByValue().reversed())
                                .map(type -> type.getKey() + " " + ByteCount.text(type.getValue()))
                                .collect(Collectors.joining(", ")));
    }

    private static void template(ChatTemplateSummary template, TextTable table) {
        table.row(
                "chat template",
                printable(template.name())
                        + ", "
                        + template.source().lines().count()
                        + " lines, sha256 "
                        + template.sha256().substring(0, 12));
        template.endOfTurn().ifPresent(end -> table.row("", "turns end with " + token(end)));
    }

    private static String token(NamedToken token) {
        return token.id() + token.piece().map(piece -> " " + printable(piece)).orElse("");
    }

    private static TextTable parameters(ModelSize size) {
        TextTable table = new TextTable(INDENT, "lrr");
        long total = size.totalParameters();
        for (Map.Entry<Part, Long> part : size.parameters().entrySet()) {
            String name = part.getKey().name().toLowerCase(Locale.ROOT).replace('_', '-');
            parameters(table, name, part.getValue(), total);
        }
        parameters(table, "non-embedding", size.nonEmbeddingParameters(), total);
        parameters(table, "activated", size.activatedParameters(), total);
        table.row("total", number(total));
        return table;
    }

    private static void parameters(TextTable table, String name, long count, long total) {
        table.row(
                name, number(count), String.format(Locale.ROOT, "%.1f %%", 100.0 * count / total));
    }

    /** What tensors of a line have in common. */
    private record Alike(String name, StoredType type, List<Long> shape) {}

    private TextTable tensors() {
        Map<Alike, List<TensorEntry>> groups = new LinkedHashMap<>();
        List<TensorEntry> shown = new ArrayList<>(inspection.tensors());
        if (!allTensors) {
            shown.removeAll(new HashSet<>(inspection.leftAside()));
        }
        for (TensorEntry tensor : shown) {
            String name = allTensors ? tensor.name() : TensorNamePattern.of(tensor.name()).text();
            groups.computeIfAbsent(
                            new Alike(name, tensor.type(), tensor.shape()),
                            key -> new ArrayList<>())
                    .add(tensor);
        }
        TextTable table = new TextTable(INDENT, "lrllr");
        groups.forEach(
                (alike, tensors) ->
                        table.row(
                                printable(alike.name),
                                tensors.size() == 1 ? "" : "x " + tensors.size(),
                                alike.type,
                                shape(alike.shape),
                                ByteCount.text(bytes(tensors))));
        return table;
    }

    private void leftAside() {
        List<TensorEntry> tensors = inspection.leftAside();
        if (!allTensors && !tensors.isEmpty()) {
            text.append(INDENT)
                    .append("and ")
                    .append(tensors.size())
                    .append(" that a text model does without, ")
                    .append(ByteCount.text(bytes(tensors)))
                    .append('\n');
        }
    }

    private static String shape(List<Long> shape) {
        return shape.stream().map(String::valueOf).collect(Collectors.joining(" x "));
    }

    private static long bytes(Collection<TensorEntry> tensors) {
        return tensors.stream().mapToLong(TensorEntry::bytes).sum();
    }

    private TextTable memory() {
        List<MemoryNeed> needs = inspection.memory();
        TextTable table = new TextTable(INDENT, "l" + "r".repeat(needs.size()));
        row(table, "", MemoryNeed::format);
        row(table, "weights", need -> ByteCount.text(need.weights()));
        for (int tokens : needs.get(0).states().keySet()) {
            row(
                    table,
                    "state of a sequence of " + number(tokens),
                    need -> ByteCount.text(need.states().get(tokens)));
        }
        return table;
    }

    private TextTable flops() {
        TextTable table = new TextTable(INDENT, "lr");
        for (int tokens : inspection.memory().get(0).states().keySet()) {
            long flops = inspection.size().orElseThrow().flops(tokens);
            table.row("with " + number(tokens) + " in the context", Quantity.text(flops, "FLOP"));
        }
        return table;
    }

    private void row(TextTable table, String name, Function<MemoryNeed, Object> cell) {
        List<Object> cells = new ArrayList<>(List.of(name));
        inspection.memory().forEach(need -> cells.add(cell.apply(need)));
        table.row(cells.toArray());
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** Returns a text from a file without what would confuse a terminal. */
    static String printable(Object text) {
        return Printable.line(String.valueOf(text));
    }
}
