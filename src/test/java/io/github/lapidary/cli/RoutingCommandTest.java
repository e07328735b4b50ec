package io.github.lapidary.cli;

import static io.github.lapidary.cli.CommandLineRun.doubles;
import static io.github.lapidary.cli.CommandLineRun.joined;
import static io.github.lapidary.cli.CommandLineRun.longs;
import static io.github.lapidary.cli.CommandLineRun.tiny;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.nn.TokenRoute;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What {@code inspect --routing} shows of experts. */
class RoutingCommandTest {

    private static final String SENTENCE = "some <b>words</b> & \"more\"\nof 'them'";

    @TempDir private Path folder;

    private static String[] arguments(String model, String... more) {
        return Stream.concat(
                        Stream.of("inspect", "--routing", "--model", tiny(model)), Stream.of(more))
                .toArray(String[]::new);
    }

    private static CommandLineRun route(String model, String... more) {
        return CommandLineRun.of(arguments(model, more));
    }

    @Test
    void jsonHasTheReferencesExpertsAndWeights() throws Exception {
        for (String model : List.of("glam", "glam_alt")) {
            try (Golden golden = Tiny.golden(model)) {
                long[] ids = golden.longs("p2.input_ids");
                JsonObject json =
                        route(model, "--dtype", "float32", "--json", "--ids", joined(ids)).line();

                assertArrayEquals(ids, longs(json.get("ids")));
                assertEquals(2, json.get("layers").getAsJsonArray().size());
                for (JsonElement element : json.get("layers").getAsJsonArray()) {
                    JsonObject layer = element.getAsJsonObject();
                    assertLayer(golden, "p2.moe." + layer.get("layer").getAsInt(), layer);
                }
            }
        }
    }

    private static void assertLayer(Golden golden, String key, JsonObject layer)
            throws IOException {
        long[] first = golden.longs(key + ".index_1");
        long[] second = golden.longs(key + ".index_2");
        float[] firstWeight = golden.floats(key + ".gate_1");
        float[] secondWeight = golden.floats(key + ".gate_2");
        int numExperts = layer.get("load").getAsJsonArray().size();
        double[] load = new double[numExperts];
        for (int i = 0; i < first.length; i++) {
            JsonElement experts = layer.get("experts").getAsJsonArray().get(i);
            assertArrayEquals(new long[] {first[i], second[i]}, longs(experts), key);
            double[] weights = doubles(layer.get("weights").getAsJsonArray().get(i));
            assertArrayEquals(new double[] {firstWeight[i], secondWeight[i]}, weights, 1e-6, key);
            load[(int) first[i]] += 0.5 / first.length;
            load[(int) second[i]] += 0.5 / first.length;
        }
        assertArrayEquals(load, doubles(layer.get("load")), 1e-12, key);
        double entropy = 0;
        double maximum = 0;
        for (double share : load) {
            entropy -= share > 0 ? share * Math.log(share) / Math.log(numExperts) : 0;
            maximum = Math.max(maximum, share);
        }
        assertEquals(entropy, layer.get("entropy").getAsDouble(), 1e-12, key);
        assertEquals(maximum * numExperts, layer.get("max_over_mean").getAsDouble(), 1e-12, key);
    }

    @Test
    void jsonTellsEverything() {
        JsonObject json = route("glam", "--json", "some words").line();

        assertEquals(Set.of("model", "num_experts", "ids", "tokens", "layers"), json.keySet());
        assertEquals(8, json.get("num_experts").getAsInt());
        assertEquals("<bos>", json.get("tokens").getAsJsonArray().get(0).getAsString());
        assertEquals(
                json.get("ids").getAsJsonArray().size(),
                json.get("tokens").getAsJsonArray().size());
        assertEquals(
                Set.of(
                        "layer",
                        "load",
                        "entropy",
                        "max_over_mean",
                        "idle_experts",
                        "experts",
                        "weights"),
                json.get("layers").getAsJsonArray().get(0).getAsJsonObject().keySet());
    }

    @Test
    void textIsReadFromStandardInputToo() {
        assertEquals(
                route("glam", "--json", "some words").result(),
                CommandLineRun.withInput("some words", arguments("glam", "--json", "-")).result());
    }

    @Test
    void textTellsTheSame() {
        String text = route("glam", "--dtype", "float32", "some words").result();
        JsonObject json = route("glam", "--dtype", "float32", "--json", "some words").line();

        assertTrue(text.startsWith("glam\n\n  tokens "), text);
        JsonObject layer = json.get("layers").getAsJsonArray().get(1).getAsJsonObject();
        assertTrue(
                Pattern.compile(
                                "\n      2 +%.3f +%.2f +%d\n"
                                        .formatted(
                                                layer.get("entropy").getAsDouble(),
                                                layer.get("max_over_mean").getAsDouble(),
                                                layer.get("idle_experts").getAsInt()))
                        .matcher(text)
                        .find(),
                text);
        long[] experts = longs(layer.get("experts").getAsJsonArray().get(0));
        double[] weights = doubles(layer.get("weights").getAsJsonArray().get(0));
        assertTrue(
                Pattern.compile(
                                "\n +0 +2  <bos> .*  %d %.2f, %d %.2f\n"
                                        .formatted(experts[0], weights[0], experts[1], weights[1]))
                        .matcher(text)
                        .find(),
                text);
        text.lines().forEach(line -> assertTrue(line.length() <= 96, line));
    }

    /** It is also XML but for the first line and what has no end tag, which is taken out here. */
    private static Element parsed(String page) throws Exception {
        String xml =
                page.replaceFirst("<!DOCTYPE html>", "")
                        .replaceAll("<(meta|input)([^>]*?)( checked)?>", "<$1$2/>");
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(xml)))
                .getDocumentElement();
    }

    private static Element ofClass(Element page, String tag, String name) {
        NodeList found = page.getElementsByTagName(tag);
        return IntStream.range(0, found.getLength())
                .mapToObj(i -> (Element) found.item(i))
                .filter(element -> element.getAttribute("class").equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void pageShowsTheTextAndLoadsNothing() throws Exception {
        Path file = Files.writeString(folder.resolve("page.html"), "earlier");
        JsonObject json = route("glam", "--json", "--html", file.toString(), SENTENCE).line();

        String page = Files.readString(file);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
        for (String loading : List.of("src=", "href=", "url(", "@import", "<script", "<link")) {
            assertFalse(page.contains(loading), loading);
        }
        Element text = ofClass(parsed(page), "div", "text");
        assertEquals("<bos>" + SENTENCE.replace("\n", "↵\n"), text.getTextContent());
        NodeList tokens = text.getElementsByTagName("*");
        assertEquals(json.get("ids").getAsJsonArray().size(), tokens.getLength());
        JsonObject layer = json.get("layers").getAsJsonArray().get(1).getAsJsonObject();
        for (int i = 0; i < tokens.getLength(); i++) {
            long[] experts = longs(layer.get("experts").getAsJsonArray().get(i));
            double[] weights = doubles(layer.get("weights").getAsJsonArray().get(i));
            String title = ((Element) tokens.item(i)).getAttribute("title");
            assertTrue(
                    title.endsWith(
                            "\nlayer 2: expert %d (%.3f), expert %d (%.3f)"
                                    .formatted(experts[0], weights[0], experts[1], weights[1])),
                    title);
            List<String> marks =
                    List.of(((Element) tokens.item(i)).getAttribute("class").split(" "));
            assertTrue(marks.contains("x2-" + experts[0]), title);
        }
        Element map = ofClass(parsed(page), "tr", "row2");
        double share = layer.get("load").getAsJsonArray().get(5).getAsDouble();
        assertEquals(
                "%.1f".formatted(100 * share),
                map.getElementsByTagName("td").item(3 + 5).getTextContent());
    }

    /** Each mark that a token has gets a color when its layer is chosen. */
    @Test
    void everyTokenHasAColorInEveryLayer() throws Exception {
        Path file = folder.resolve("page.html");
        route("glam_alt", "--html", file.toString(), "some words").result();

        String page = Files.readString(file);
        Element text = ofClass(parsed(page), "div", "text");
        NodeList tokens = text.getElementsByTagName("span");
        for (int i = 0; i < tokens.getLength(); i++) {
            Matcher mark =
                    Pattern.compile("x(\\d+)-(\\d+)")
                            .matcher(((Element) tokens.item(i)).getAttribute("class"));
            for (int layer : new int[] {1, 3}) {
                assertTrue(mark.find());
                assertEquals(layer, Integer.parseInt(mark.group(1)));
                assertTrue(
                        page.contains(
                                ":root:has(#l%d:checked) .%s { --token: var(--e%s);"
                                        .formatted(layer, mark.group(), mark.group(2))));
                assertTrue(page.contains(" --e%s: oklch(".formatted(mark.group(2))));
                assertTrue(page.contains(" id=\"l%d\"".formatted(layer)));
            }
        }
    }

    @Test
    void namesAndTokensAreEscaped() throws Exception {
        Map<Integer, List<TokenRoute>> routes =
                new TreeMap<>(Map.of(0, List.of(new TokenRoute(1, 0.75f, 0, 0.25f))));
        String hostile = "</div><script>alert('1')</script>\u0000\r";
        String page =
                new RoutingPage(
                                new RoutedText(
                                        Path.of("<i>&"),
                                        RoutingReport.of(new int[] {5}, 2, routes),
                                        List.of(new RoutedText.Token(5, hostile, hostile, false))))
                        .toString();

        assertFalse(page.contains("<script"));
        Element parsed = parsed(page);
        assertEquals("<i>&", parsed.getElementsByTagName("h1").item(0).getTextContent());
        String shown = "</div><script>alert('1')</script>\uFFFD\uFFFD";
        Element text = ofClass(parsed, "div", "text");
        assertEquals(shown, text.getTextContent());
        assertEquals(
                shown + " · id 5\nlayer 0: expert 1 (0.750), expert 0 (0.250)",
                ((Element) text.getElementsByTagName("span").item(0)).getAttribute("title"));
    }

    @Test
    void manyExpertsHaveColorsOfTheirOwn() {
        for (int experts : new int[] {2, 8, 12, 13, 64, 256}) {
            Map<String, Integer> colors = new HashMap<>();
            ExpertColors all = new ExpertColors(experts);
            for (int expert = 0; expert < experts; expert++) {
                colors.merge(all.color(expert), 1, Integer::sum);
            }
            assertEquals(experts, colors.size());
        }
    }

    @Test
    void modelsWithoutExpertsSaySo() {
        route("gemma2", "some words")
                .assertFailed(
                        1, "lapidary: " + tiny("gemma2") + ": the model, a gemma2, has no experts");
    }

    @Test
    void pageThatCannotBeWrittenIsAnError() {
        Path file = folder.resolve("none").resolve("page.html");

        route("glam", "--html", file.toString(), "some words")
                .assertFailed(
                        1,
                        "lapidary: " + file + " could not be written: its folder does not exist.");
    }

    @Test
    void wrongUseIsTold() {
        Map<String, List<String>> wrong =
                Map.of(
                        "a text is missing: give TEXT, - or --ids",
                        List.of("--routing", "--model", tiny("glam")),
                        "TEXT and --ids are both texts: give one of them",
                        List.of("--routing", "--model", tiny("glam"), "--ids", "2", "words"),
                        "TEXT, --ids, --html, --dtype and --expert-placement need --routing",
                        List.of("--model", tiny("glam"), "words"),
                        "--html " + folder + " is a folder; expected a file to write",
                        List.of(
                                "--routing",
                                "--model",
                                tiny("glam"),
                                "--html",
                                folder.toString(),
                                "words"),
                        "--routing lets a model read: it takes --model, without --tensors and"
                                + " --no-scan",
                        List.of("--routing", "--preset", "glam-64b-64e", "words"));
        wrong.forEach(
                (message, arguments) -> {
                    CommandLineRun run =
                            CommandLineRun.of(
                                    Stream.concat(Stream.of("inspect"), arguments.stream())
                                            .toArray(String[]::new));
                    assertEquals(2, run.exitCode(), message);
                    assertEquals("", run.out());
                    assertTrue(run.err().startsWith("lapidary: " + message + "\n"), run.err());
                });
    }
}
