package io.github.lapidary.cli;

import io.github.lapidary.inspection.ExpertLoad;
import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.inspection.RoutingReport.SparseLayer;
import io.github.lapidary.nn.TokenRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The way of a text through a model's experts, for people. */
final class RoutingText {

    private static final String INDENT = "  ";
    private static final int EXPERTS_ACROSS = 10;
    private static final int LAYERS_ACROSS = 4;
    private static final int PIECE = 20; // characters of a token that are shown

    private final RoutedText text;
    private final RoutingReport report;

    RoutingText(RoutedText text) {
        this.text = text;
        this.report = text.report();
    }

    /** Returns the text. */
    @Override
    public String toString() {
        StringBuilder result = new StringBuilder();
        result.append(InspectionText.printable(text.name())).append("\n\n").append(overview());
        result.append("\nBalance\n").append(balance());
        result.append("\nPercentage of a layer's work that each expert does\n").append(load());
        List<SparseLayer> layers = report.layers();
        for (int from = 0; from < layers.size(); from += LAYERS_ACROSS) {
            result.append("\nExperts of each token, and their weights\n")
                    .append(
                            tokens(
                                    layers.subList(
                                            from, Math.min(from + LAYERS_ACROSS, layers.size()))));
        }
        return result.toString();
    }

    private TextTable overview() {
        TextTable table = new TextTable(INDENT, "lr");
        table.row("tokens", number(report.ids().size()));
        table.row("sparse layers", report.layers().size());
        table.row("experts of each", report.numExperts());
        return table;
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private TextTable balance() {
        TextTable table = new TextTable(INDENT, "rrrr");
        table.row("layer", "entropy", "maximum over mean", "idle experts");
        for (SparseLayer layer : report.layers()) {
            ExpertLoad load = layer.load();
            table.row(
                    layer.number(),
                    decimals(load.entropy(), 3),
                    decimals(load.maximumOverMean(), 2),
                    load.idle());
        }
        return table;
    }

    private static String decimals(double value, int count) {
        return String.format(Locale.ROOT, "%." + count + "f", value);
    }

    private TextTable load() {
        int across = Math.min(EXPERTS_ACROSS, report.numExperts());
        TextTable table = new TextTable(INDENT, "rr" + "r".repeat(across));
        List<Object> title = new ArrayList<>(List.of("layer", "expert"));
        for (int i = 0; i < across; i++) {
            title.add("+" + i);
        }
        table.row(title.toArray());
        for (SparseLayer layer : report.layers()) {
            for (int from = 0; from < report.numExperts(); from += across) {
                List<Object> row = new ArrayList<>(List.of(from == 0 ? layer.number() : "", from));
                int end = Math.min(from + across, report.numExperts());
                for (int expert = from; expert < end; expert++) {
                    row.add(decimals(100 * layer.load().share(expert), 1));
                }
                table.row(row.toArray());
            }
        }
        return table;
    }

    private TextTable tokens(List<SparseLayer> layers) {
        TextTable table = new TextTable(INDENT, "rrl" + "l".repeat(layers.size()));
        List<Object> title = new ArrayList<>(List.of("", "id", "token"));
        layers.forEach(layer -> title.add("layer " + layer.number()));
        table.row(title.toArray());
        for (int i = 0; i < text.tokens().size(); i++) {
            RoutedText.Token token = text.tokens().get(i);
            List<Object> row = new ArrayList<>(List.of(i, token.id(), shortened(token.piece())));
            for (SparseLayer layer : layers) {
                TokenRoute route = layer.routes().get(i);
                row.add(
                        String.format(
                                Locale.ROOT,
                                "%d %.2f, %d %.2f",
                                route.firstExpert(),
                                route.firstWeight(),
                                route.secondExpert(),
                                route.secondWeight()));
            }
            table.row(row.toArray());
        }
        return table;
    }

    private static String shortened(String piece) {
        String shown = InspectionText.printable(piece);
        return shown.codePointCount(0, shown.length()) <= PIECE
                ? shown
                : shown.substring(0, shown.offsetByCodePoints(0, PIECE - 1)) + "…";
    }
}
