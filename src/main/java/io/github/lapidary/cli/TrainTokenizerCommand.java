package io.github.lapidary.cli;

import io.github.lapidary.data.TokenizerTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a tokenizer. */
@Command(
        name = "train-tokenizer",
        description = {
            "Train a tokenizer in the manner of Gemma's on texts.",
            "The folder gets a tokenizer.json and a tokenizer_config.json, which Hugging Face's"
                    + " libraries read too. The same texts give the same files."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary train-tokenizer --vocab-size 4096 --out my-tokenizer novels/*.txt",
            "  lapidary train-tokenizer --out my-tokenizer --field body articles.jsonl"
        })
final class TrainTokenizerCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--vocab-size",
            paramLabel = "N",
            defaultValue = "4096",
            description = "The number of tokens. Default: ${DEFAULT-VALUE}.")
    private int vocabularySize;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FOLDER",
            description = "Where the files go; none is replaced.")
    private Path folder;

    @Mixin private TextInputs inputs;

    TrainTokenizerCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (Progress progress = console.progress("Training a tokenizer")) {
            TokenizerTraining.train(inputs.sources(), vocabularySize, folder, progress::update);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        console.print(folder + "\n");
        return ExitCode.OK;
    }
}
