package io.github.lapidary.cli;

import io.github.lapidary.data.TextSource;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The files with texts that a command reads, and how documents lie in them. */
final class TextInputs {

    @Option(
            names = "--field",
            paramLabel = "NAME",
            defaultValue = "text",
            description = {
                "The member of each line's object that holds the text, in files named .jsonl or"
                        + " .ndjson. Default: ${DEFAULT-VALUE}."
            })
    private String field;

    @Option(
            names = "--separator",
            paramLabel = "LINE",
            description = {
                "Part the documents of other files at each line with nothing but this; '' for blank"
                        + " lines. Without it a file is one document."
            })
    private String separator;

    @Parameters(
            arity = "1..*",
            paramLabel = "INPUT",
            description = "Text files, and files with JSON lines, in UTF-8.")
    private List<Path> files;

    /**
     * Returns the files in their order.
     *
     * @throws IllegalArgumentException if the separator is no line
     */
    List<TextSource> sources() {
        return files.stream().map(this::source).toList();
    }

    private TextSource source(Path file) {
        if (TextSource.hasJsonLinesName(file)) {
            return TextSource.jsonLines(file, field);
        }
        return separator == null
                ? TextSource.document(file)
                : TextSource.separated(file, separator);
    }
}
