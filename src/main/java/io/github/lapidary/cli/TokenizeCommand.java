package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import io.github.lapidary.data.TokenFile;
import io.github.lapidary.data.Tokenization;
import io.github.lapidary.data.TokenizationOptions;
import io.github.lapidary.text.Tokenizer;
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

/** Makes a token file of texts. */
@Command(
        name = "tokenize",
        description = {
            "Bring texts into a file of tokens, from which models are trained.",
            "Interrupted, the same command goes on: input files that were finished are not done"
                    + " again. Control tokens that are spelled in the texts stay text."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary tokenize --tokenizer my-tokenizer --out novels.tokens novels/*.txt",
            "  lapidary tokenize --tokenizer my-tokenizer --out web.tokens web-*.jsonl"
        })
final class TokenizeCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Option(
            names = "--tokenizer",
            required = true,
            paramLabel = "PATH",
            description = "A folder with a tokenizer.json, or a GGUF file.")
    private Path tokenizer;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FILE",
            description = "The file to write; it appears when it is whole.")
    private Path file;

    @Option(names = "--replace", description = "Replace the file if it exists.")
    private boolean replace;

    @Option(names = "--no-bos", description = "Leave out the token that begins each document.")
    private boolean noBos;

    @Option(names = "--no-eos", description = "Leave out the token <eos> that ends each document.")
    private boolean noEos;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Encode with N threads. Default: one for each processor.")
    private Integer threads;

    @Mixin private TextInputs inputs;

    TokenizeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        try (Tokenizer opened = TokensCommand.open(tokenizer)) {
            console.print(JsonLine.of(json(run(opened))));
        }
        return ExitCode.OK;
    }

    private TokenFile run(Tokenizer opened) throws IOException {
        try (Progress progress = console.progress("Encoding texts")) {
            TokenizationOptions options =
                    TokenizationOptions.defaults()
                            .withBos(!noBos)
                            .withEos(!noEos)
                            .withReplace(replace)
                            .withListener(progress::update);
            if (threads != null) {
                options = options.withThreads(threads);
            }
            return Tokenization.run(inputs.sources(), opened, file, options);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static JsonObject json(TokenFile made) {
        JsonObject line = new JsonObject();
        line.addProperty("file", made.path().toString());
        line.addProperty("documents", made.documentCount());
        line.addProperty("tokens", made.tokenCount());
        line.addProperty("text_bytes", made.textBytes());
        return line;
    }
}
