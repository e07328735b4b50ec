package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.generation.InvalidOptionException;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tells how likely a model holds texts. */
@Command(
        name = "score",
        description = {
            "Tell how likely a model holds a text, token by token.",
            "For each text a line of JSON is written, with its ids, the log-probability of each"
                    + " token after those before it, their negative mean and its exponential."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary score --model gemma-3-270m --text \"Paris is the capital of France.\"",
            "  lapidary score --model model.gguf --ids 2,818,5279 --top 5",
            "  lapidary score --model model.gguf --ids-file texts.json --logits out.safetensors"
        })
final class ScoreCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private ModelOptions modelOptions;

    @Option(
            names = "--ids",
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "Score these tokens, such as 2,5,7, as they are.")
    private TokenIds ids;

    @Option(
            names = "--text",
            paramLabel = "TEXT",
            description = "Score this text, after the token that begins every text.")
    private String text;

    @Option(
            names = "--ids-file",
            paramLabel = "FILE",
            description = "Score each list of ids in a JSON list of such lists.")
    private Path idsFile;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Also show the N likeliest tokens in each place, with \"top\".")
    private Integer top;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description = {
                "Move the window over a text longer than the context by so many tokens.",
                "Default: half the context."
            })
    private Integer stride;

    @Option(
            names = "--logits",
            paramLabel = "OUT",
            description =
                    "Also write a safetensors file with all logits: float32 tensors logits.0,"
                            + " logits.1, … of shape [tokens, vocabulary].")
    private Path logits;

    ScoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        ScoreOptions options = checkUse();
        try (EngineStart engine = EngineStart.begin(console)) {
            Checkpoint checkpoint = Checkpoint.open(modelOptions.model());
            List<int[]> sequences = sequences();
            tellWindows(sequences, checkpoint.config().maxPositionEmbeddings());
            score(checkpoint, sequences, options);
        }
        return ExitCode.OK;
    }

    private void score(Checkpoint checkpoint, List<int[]> sequences, ScoreOptions options)
            throws IOException, MalformedModelException {
        try (BareModel model =
                        BareModel.load(
                                checkpoint,
                                modelOptions.format(),
                                modelOptions.experts(),
                                console);
                Scoring scoring = new Scoring(model, sequences, options, console)) {
            if (logits == null) {
                scoring.run();
            } else {
                scoring.run(logits);
            }
        }
    }

    private ScoreOptions checkUse() {
        long texts = Stream.of(ids, text, idsFile).filter(Objects::nonNull).count();
        if (texts != 1) {
            throw wrongUse(
                    (texts == 0 ? "a text is missing" : "only one can be scored")
                            + ": give one of --ids, --text and --ids-file");
        }
        if (logits != null && Files.isDirectory(logits)) {
            throw wrongUse("--logits " + logits + " is a folder; expected a file to write");
        }
        ScoreOptions defaults = ScoreOptions.defaults();
        OptionalInt width = stride == null ? OptionalInt.empty() : OptionalInt.of(stride);
        int likeliest = top == null ? 0 : top;
        try {
            return new ScoreOptions(width, likeliest, defaults.cancellation());
        } catch (InvalidOptionException e) {
            String name = Map.of("stride", "--stride", "topLogprobs", "--top").get(e.option());
            throw wrongUse(name + " " + e.problem());
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<int[]> sequences() throws IOException {
        if (idsFile != null) {
            return IdsFile.read(idsFile);
        }
        if (ids != null) {
            return List.of(ids.toArray());
        }
        try (Tokenizer tokenizer = TokensCommand.open(modelOptions.model())) {
            return List.of(tokenizer.encode(text, true));
        }
    }

    private void tellWindows(List<int[]> sequences, int context) {
        int step = stride == null ? Math.max(1, context / 2) : stride;
        for (int i = 0; i < sequences.size(); i++) {
            int length = sequences.get(i).length;
            if (length > context) {
                console.tell(
                        "sequence %d has %d tokens, more than the context: it is scored in windows of %d, with a stride of %d"
                                .formatted(i, length, context, step));
            }
        }
    }
}
