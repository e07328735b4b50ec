package io.github.lapidary.cli;

import io.github.lapidary.inspection.ExpertLoad;
import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.inspection.RoutingReport.SparseLayer;
import io.github.lapidary.nn.TokenRoute;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The way of a text through a model's experts as a page of HTML: the text, coloured by the first
 * expert of each token in a layer of choice, and a map of which expert does how much.
 *
 * <p>It is one file that loads nothing and runs no script; layers are chosen by rules of style.
 */
final class RoutingPage {

    private static final String STYLE = "routing.css";
    private static final int NUMBERED = 16; // so many experts at most have room for numbers
    private static final double HOT = 0.6; // from which on light text reads better

    private final RoutedText text;
    private final RoutingReport report;
    private final ExpertColors colors;
    private final double largest;
    private final StringBuilder page = new StringBuilder();

    RoutingPage(RoutedText text) {
        this.text = text;
        this.report = text.report();
        this.colors = new ExpertColors(report.numExperts());
        this.largest =
                report.layers().stream()
                        .mapToDouble(layer -> layer.load().maximumOverMean() / report.numExperts())
                        .max()
                        .orElseThrow();
    }

    /** Returns the page. */
    @Override
    public String toString() {
        page.setLength(0);
        head();
        page.append("<h2>Text, by the first expert of each token</h2>\n");
        choice();
        legend();
        tokens();
        page.append(
                "<p class=\"note\">Point at a token to see both experts and their weights in all"
                        + " layers.</p>\n");
        page.append("<h2>Work of each expert</h2>\n");
        map();
        scale();
        return page.append("</body>\n</html>\n").toString();
    }

    private void head() {
        String name = escaped(text.name());
        add(
                """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
                <meta name="viewport" content="width=device-width">
                <title>Experts of %s</title>
                <style>
                %s%s</style>
                </head>
                <body>
                <h1>%s</h1>
                <p>%,d tokens. Of %d experts in each of %d sparse layers a token takes two.</p>
                """,
                name,
                style(),
                rules(),
                name,
                report.ids().size(),
                report.numExperts(),
                report.layers().size());
    }

    private static String style() {
        try (InputStream input = RoutingPage.class.getResourceAsStream(STYLE)) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what colour each expert has, and what a token shows when a layer is chosen. */
    private String rules() {
        StringBuilder rules = new StringBuilder(":root {");
        for (int expert = 0; expert < report.numExperts(); expert++) {
            rules.append(" --e%d: %s;".formatted(expert, colors.color(expert)));
        }
        rules.append(" }\n");
        for (SparseLayer layer : report.layers()) {
            int number = layer.number();
            rules.append(
                    ":root:has(#l%d:checked) .row%d th { outline: 2px solid var(--ink); }\n"
                            .formatted(number, number));
            firstExperts(layer)
                    .distinct()
                    .sorted()
                    .forEach(
                            expert ->
                                    rules.append(
                                            ":root:has(#l%d:checked) .%s { --token: var(--e%d); --n: \"%d\"; }\n"
                                                    .formatted(
                                                            number,
                                                            mark(number, expert),
                                                            expert,
                                                            expert)));
        }
        return rules.toString();
    }

    private static IntStream firstExperts(SparseLayer layer) {
        return layer.routes().stream().mapToInt(TokenRoute::firstExpert);
    }

    /** Returns the class of tokens that have an expert first in a layer. */
    private static String mark(int layer, int expert) {
        return "x" + layer + "-" + expert;
    }

    private void choice() {
        page.append("<fieldset><legend>Layer</legend>\n");
        String checked = " checked";
        for (SparseLayer layer : report.layers()) {
            add(
                    "<input type=\"radio\" name=\"layer\" id=\"l%1$d\"%2$s><label for=\"l%1$d\">%1$d</label>\n",
                    layer.number(), checked);
            checked = "";
        }
        page.append(
                "<label class=\"numbers\"><input type=\"checkbox\" id=\"numbers\"> numbers of"
                        + " experts</label>\n</fieldset>\n");
    }

    private void legend() {
        page.append("<ul class=\"legend\">");
        for (int expert = 0; expert < report.numExperts(); expert++) {
            add("<li style=\"background: var(--e%1$d)\" title=\"expert %1$d\">%1$d</li>", expert);
        }
        page.append("</ul>\n");
    }

    private void tokens() {
        page.append("<div class=\"text\">");
        for (int i = 0; i < text.tokens().size(); i++) {
            RoutedText.Token token = text.tokens().get(i);
            StringBuilder title = new StringBuilder(token.piece() + " \u00b7 id " + token.id());
            StringBuilder marks = new StringBuilder(token.special() ? "special" : "");
            for (SparseLayer layer : report.layers()) {
                TokenRoute route = layer.routes().get(i);
                title.append(title(layer.number(), route));
                marks.append(' ').append(mark(layer.number(), route.firstExpert()));
            }
            String shown = token.text().replace("\n", "↵\n");
            add(
                    "<span class=\"%s\" title=\"%s\">%s</span>%s",
                    marks.toString().strip(),
                    escaped(title.toString()),
                    escaped(shown.endsWith("\n") ? shown.substring(0, shown.length() - 1) : shown),
                    shown.endsWith("\n") ? "\n" : ""); // a number stays on the line
        }
        page.append("</div>\n");
    }

    private static String title(int layer, TokenRoute route) {
        return String.format(
                Locale.ROOT,
                "\nlayer %d: expert %d (%.3f), expert %d (%.3f)",
                layer,
                route.firstExpert(),
                route.firstWeight(),
                route.secondExpert(),
                route.secondWeight());
    }

    private void map() {
        page.append("<div class=\"scroll\"><table").append(many() ? " class=\"many\"" : "");
        page.append(
                ">\n<thead><tr><th>layer</th>"
                        + "<th title=\"1 if all experts do as much\">entropy</th>"
                        + "<th>maximum / mean</th><th>idle</th>");
        for (int expert = 0; expert < report.numExperts(); expert++) {
            add(
                    "<th class=\"expert\" style=\"background: var(--e%1$d)\" title=\"expert"
                            + " %1$d\">%1$d</th>",
                    expert);
        }
        page.append("</tr></thead>\n<tbody>\n");
        for (SparseLayer layer : report.layers()) {
            row(layer);
        }
        page.append("</tbody></table></div>\n");
    }

    private void row(SparseLayer layer) {
        ExpertLoad load = layer.load();
        add("<tr class=\"row%1$d\"><th><label for=\"l%1$d\">%1$d</label></th>", layer.number());
        add(
                "<td>%.3f</td><td>%.2f</td><td>%d</td>",
                load.entropy(), load.maximumOverMean(), load.idle());
        for (int expert = 0; expert < report.numExperts(); expert++) {
            double share = load.share(expert);
            double heat = heat(share);
            add(
                    "<td class=\"share%s\" style=\"--p: %.1f%%\" title=\"layer %d, expert %d:"
                            + " %.1f %% of the work, %,d tokens\">%s</td>",
                    heat > HOT ? " hot" : "",
                    100 * heat,
                    layer.number(),
                    expert,
                    100 * share,
                    load.tokens().get(expert),
                    many() ? "" : String.format(Locale.ROOT, "%.1f", 100 * share));
        }
        page.append("</tr>\n");
    }

    private boolean many() {
        return report.numExperts() > NUMBERED;
    }

    /** By the root, so that one busy expert does not hide how the others differ. */
    private double heat(double share) {
        return Math.sqrt(share / largest);
    }

    private void scale() {
        double even = 1.0 / report.numExperts();
        add(
                "<div class=\"scale\"><span>0 %%</span><div><i style=\"left: calc(%.1f%%"
                        + " - 1px)\"></i></div><span>%.1f %% of the layer's work</span></div>\n"
                        + "<p class=\"note\">The line marks an even share, %.1f %%; colours"
                        + " go by the root of the share.</p>\n",
                100 * heat(even), 100 * largest, 100 * even);
    }

    private void add(String format, Object... values) {
        page.append(String.format(Locale.ROOT, format, values));
    }

    /** Returns a text as content or as an attribute's value; what HTML cannot hold is replaced. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints()
                .forEach(
                        point -> {
                            switch (point) {
                                case '&' -> escaped.append("&amp;");
                                case '<' -> escaped.append("&lt;");
                                case '>' -> escaped.append("&gt;");
                                case '"' -> escaped.append("&quot;");
                                case '\'' -> escaped.append("&#39;");
                                case '\n' -> escaped.append("&#10;");
                                case '\t' -> escaped.append('\t');
                                default ->
                                        escaped.appendCodePoint(isText(point) ? point : '\uFFFD');
                            }
                        });
        return escaped.toString();
    }

    private static boolean isText(int point) {
        int type = Character.getType(point);
        return type != Character.CONTROL && type != Character.SURROGATE;
    }
}
