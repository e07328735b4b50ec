package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Continues a text. */
@Command(
        name = "generate",
        description = "Continue a text. It is streamed as it is written.",
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary generate --model gemma-3-270m \"The capital of France is\"",
            "  lapidary generate --model model.gguf --top-p 0.95 --seed 7 - <story.txt",
            "  lapidary generate --model model.gguf --ids 2,818,5279 --json"
        })
final class GenerateCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private ModelOptions modelOptions;

    @Option(
            names = "--ids",
            paramLabel = "IDS",
            converter = TokenIds.Converter.class,
            description = "Continue these tokens, such as 2,5,7, as they are.")
    private TokenIds ids;

    @Parameters(
            arity = "0..1",
            paramLabel = "TEXT",
            description = "The text; - reads it from standard input.")
    private String text;

    @Mixin private GenerationSettings settings;

    @Option(
            names = "--json",
            description = "Write one line of JSON at the end, with ids, counts and times.")
    private boolean json;

    GenerateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        GenerationOptions options = settings.toOptions();
        checkUse();
        String prompt = "-".equals(text) ? console.read() : text;
        try (EngineStart engine = EngineStart.begin(console);
                LanguageModel model = modelOptions.load(console);
                Progress reading = console.progress("Reading")) {
            int[] promptIds = ids == null ? model.encode(prompt) : ids.toArray();
            ReplyListener listener = new ReplyListener(reading, this::show);
            GenerationResult result =
                    model.generate(
                                    List.of(
                                            new GenerationRequest(
                                                    promptIds,
                                                    options,
                                                    listener,
                                                    new Cancellation())))
                            .get(0);
            end(result);
        }
        return ExitCode.OK;
    }

    private void checkUse() {
        if (text == null && ids == null) {
            throw new ParameterException(
                    spec.commandLine(), "a prompt is missing: give TEXT, - or --ids");
        }
        if (text != null && ids != null) {
            throw new ParameterException(
                    spec.commandLine(), "TEXT and --ids are both prompts: give one of them");
        }
        if (settings.wantsLogprobs() && !json) {
            throw new ParameterException(
                    spec.commandLine(), "--logprobs needs --json, which shows them");
        }
    }

    private void end(GenerationResult result) throws IOException {
        if (json) {
            JsonObject line = JsonLine.result(result);
            if (settings.wantsLogprobs()) {
                line.add("logprobs", JsonLine.logprobs(result));
            }
            console.print(JsonLine.of(line));
        } else if (console.isTerminal() && !result.text().endsWith("\n")) {
            console.print("\n");
        }
    }

    private void show(String piece) {
        if (json) {
            return;
        }
        try {
            console.print(console.shown(piece));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
