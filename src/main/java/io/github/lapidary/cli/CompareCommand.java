package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.chart.ChartException;
import io.github.lapidary.training.run.Comparison;
import io.github.lapidary.training.run.ComparisonResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains several configurations and compares them. */
@Command(
        name = "compare",
        description = {
            "Train several configurations with several seeds each, and compare how good they get.",
            "One run follows another, each in a folder of its own. Ctrl-C saves and stops; the"
                    + " same command goes on, and tells the results again when all is done."
        },
        sortOptions = false,
        footerHeading = "%nFiles:%n",
        footer = {
            "  NAME/seed-S",
            "      the run of NAME.yaml with the seed S, as train writes it",
            "  comparison.csv, comparison.png",
            "      the losses of all validations, as a table and as a picture",
            "",
            "Examples:",
            "  lapidary compare --out sizes small.yaml large.yaml",
            "  lapidary compare --out short --seeds 1 --set steps=200 a.yaml b.yaml"
        })
final class CompareCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "RUN.yaml",
            description = {
                "What is trained and how, as train reads it; its out and seed count for nothing."
            })
    private List<Path> files;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,2,3",
            description = "The seeds of each configuration. Default: ${DEFAULT-VALUE}.")
    private List<Integer> seeds;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "FOLDER",
            description = "Write into this folder.")
    private Path out;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Take this in place of what all files say; can be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--json", description = "Print a JSON object a line, not a table.")
    private boolean json;

    CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        Comparison comparison;
        try {
            comparison = Comparison.open(files, seeds, out, overrides);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        try (EngineStart engine = EngineStart.begin(console);
                StopSignal stop = new StopSignal();
                ComparisonProgress progress = new ComparisonProgress(console)) {
            if (!comparison.run(progress)) {
                progress.close();
                console.tell("interrupted; the same command goes on");
                return ExitCode.SOFTWARE;
            }
        }
        report(comparison);
        return ExitCode.OK;
    }

    private void report(Comparison comparison) throws IOException {
        List<ComparisonResult> results = comparison.results();
        console.print(json ? ComparisonText.lines(results) : ComparisonText.table(results));
        try {
            comparison.writeCurves(results);
        } catch (ChartException e) {
            console.tell(e.getMessage());
        }
    }
}
