package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.StagedFiles;
import io.github.lapidary.generation.Cancellation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code inspect --routing} takes, and how it is done. */
final class RoutingOptions {

    @Option(
            names = "--routing",
            description = "Let the model read TEXT, and show to which experts it sends each token.")
    private boolean routing;

    @Option(
            names = "--html",
            paramLabel = "OUT",
            description = "With --routing, also write a page that shows it, in one file.")
    private Path html;

    @Mixin private FormatOption format;

    @Parameters(
            arity = "0..1",
            paramLabel = "TEXT",
            description = "The text for --routing; - reads it from standard input.")
    private String text;

    @Option(
            names = "--ids",
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "Read these tokens, such as 2,5,7, as they are.")
    private TokenIds ids;

    /** Returns whether the routing of a text is asked for. */
    boolean wanted() {
        return routing;
    }

    /** Returns what was given wrongly, if anything was. */
    Optional<String> wrongUse() {
        if (!routing) {
            return text != null || ids != null || html != null || format.get().isPresent()
                    ? Optional.of("TEXT, --ids, --html and --dtype need --routing")
                    : Optional.empty();
        }
        if (text == null && ids == null) {
            return Optional.of("a text is missing: give TEXT, - or --ids");
        }
        if (text != null && ids != null) {
            return Optional.of("TEXT and --ids are both texts: give one of them");
        }
        return html != null && Files.isDirectory(html)
                ? Optional.of("--html " + html + " is a folder; expected a file to write")
                : Optional.empty();
    }

    /** Shows the way of the text through the experts of a model. */
    void run(Path path, boolean json, Console console) throws IOException, MalformedModelException {
        checkExperts(path);
        String read = "-".equals(text) ? console.read() : text;
        RoutedText routed;
        try (EngineStart engine = EngineStart.begin(console);
                LanguageModel model = load(path, console)) {
            int[] tokens = ids == null ? model.encode(read) : ids.toArray();
            routed =
                    RoutedText.of(path, model.route(tokens, new Cancellation()), model.tokenizer());
        }
        if (html != null) {
            StagedFiles.replace(html, new RoutingPage(routed).toString());
        }
        console.print(
                json ? JsonLine.of(RoutingJson.of(routed)) : new RoutingText(routed).toString());
    }

    /** Spares loading a model that has none. */
    private static void checkExperts(Path path) throws IOException {
        ModelConfig config = Checkpoint.open(path).config();
        if (config.numExperts() == 0) {
            throw new IllegalArgumentException(
                    path + ": the model, a " + config.modelType() + ", has no experts");
        }
    }

    private LanguageModel load(Path path, Console console)
            throws IOException, MalformedModelException {
        LoadOptions options = LoadOptions.defaults();
        return ModelOptions.load(
                path, format.get().map(options::withFormat).orElse(options), console);
    }
}
