package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.ProcessorInfo;
import io.github.lapidary.kernel.format.Processor;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures how the speed of models depends on the length of a text. */
@Command(
        name = "lengths",
        description = {
            "Measure how the speed of models depends on the length of a text, one after another;"
                    + " nothing else should run meanwhile.",
            "Run again with the same options, it goes on where it was interrupted."
        },
        sortOptions = false,
        footerHeading = "%nMetrics, in tokens a second:%n",
        footer = {
            "  prefill{N}",
            "      of a prompt of N tokens",
            "  decode_ctx{N}",
            "      of the median of 32 steps after such a prompt",
            "  decode{N}_after2048",
            "      of the first N steps after a prompt of 2048 tokens",
            "  rss_peak",
            "      no speed: the largest resident set in MB, of what a run measures first (Linux)",
            "",
            "Files:",
            "  measurements.jsonl",
            "      a line for each metric, as on standard output",
            "  lengths.csv, lengths.png",
            "      the speeds as a table, and as a picture those of prompts and of the steps after"
                    + " 2048, when all are measured",
            "",
            "Examples:",
            "  lapidary bench lengths --preset recurrentgemma-2b --preset gemma-2b",
            "  lapidary bench lengths --config rg.json --config gemma.json --dtype float32"
        })
final class LengthsCommand implements Callable<Integer> {

    private static final String TABLE = "lengths.csv";
    private static final String PICTURE = "lengths.png";
    private static final String THREADS = "OMP_NUM_THREADS";
    private static final int MOST_TOKENS = 1_000_000;

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private ModelChoices choices;

    @Option(
            names = "--lengths",
            paramLabel = "N",
            split = ",",
            defaultValue = "512,2048,8192",
            description = {"Tokens of the prompts.", "Default: ${DEFAULT-VALUE}."})
    private List<Integer> lengths;

    @Option(
            names = "--generate",
            paramLabel = "N",
            defaultValue = "2048",
            description = {
                "Generate so many tokens after a prompt of 2048; 0: none.",
                "Default: ${DEFAULT-VALUE}."
            })
    private int generate;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measure so often. Default: ${DEFAULT-VALUE}.")
    private int repetitions;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            defaultValue = "lengths",
            description = "Write into this folder. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--restart", description = "Drop what the folder holds, and begin anew.")
    private boolean restart;

    LengthsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        checkOptions();
        List<ComparedModel> models = choices.models();
        try (MeasurementFolder folder = MeasurementFolder.open(out);
                EngineStart engine = EngineStart.begin(console)) {
            if (restart) {
                folder.clear();
                Files.deleteIfExists(folder.file(TABLE));
                Files.deleteIfExists(folder.file(PICTURE));
            }
            WeightFormat format = format(folder);
            folder.begin(settings(models, format), console);
            List<LengthsMeasuring.Work> work = work(models, folder);
            if (work.isEmpty()) {
                console.tell(out + " has all of this already; --restart measures it anew");
            }
            new LengthsMeasuring(format, repetitions, folder, console).measure(work);
            report(folder);
        }
        return ExitCode.OK;
    }

    private void checkOptions() {
        Subcommand.checkPlaces(spec);
        check(repetitions >= 1, "--reps counts from 1; found", repetitions);
        check(
                generate >= 0 && generate <= MOST_TOKENS,
                "--generate takes 0 to " + MOST_TOKENS + "; found",
                generate);
        check(
                lengths.stream().allMatch(length -> length >= 1 && length <= MOST_TOKENS)
                        && lengths.size() == Set.copyOf(lengths).size(),
                "--lengths takes different numbers from 1 to " + MOST_TOKENS + "; found",
                lengths);
    }

    private void check(boolean right, String message, Object found) {
        Subcommand.check(spec, right, message, found);
    }

    /** Returns what to compute in; unless told, what was found best when the folder was begun. */
    private WeightFormat format(MeasurementFolder folder) throws IOException {
        if (choices.format().isPresent()) {
            return choices.format().get();
        }
        Optional<JsonElement> earlier =
                folder.settings().map(settings -> settings.get(FormatOption.NAME));
        if (earlier.isPresent() && earlier.get().isJsonPrimitive()) {
            return WeightFormat.of(earlier.get().getAsString());
        }
        try (NDManager manager = KernelEngine.newManager()) {
            return Processor.preferredFormat(manager.getDevice());
        }
    }

    private JsonObject settings(List<ComparedModel> models, WeightFormat format) {
        JsonObject settings = new JsonObject();
        settings.addProperty("command", spec.qualifiedName());
        settings.addProperty("version", Main.Version.ofLapidary());
        settings.addProperty(FormatOption.NAME, format.toString());
        settings.add("lengths", new Gson().toJsonTree(lengths));
        settings.addProperty("generate", generate);
        settings.addProperty("reps", repetitions);
        ProcessorInfo.ofThisMachine()
                .name()
                .ifPresent(name -> settings.addProperty("processor", name));
        settings.addProperty("processors", Runtime.getRuntime().availableProcessors());
        Optional.ofNullable(System.getenv(THREADS))
                .ifPresent(threads -> settings.addProperty(THREADS, threads));
        settings.add(
                "models", JsonLine.list(models.stream().map(ComparedModel::settings).toList()));
        return settings;
    }

    private List<LengthsMeasuring.Work> work(List<ComparedModel> models, MeasurementFolder folder) {
        List<LengthsMeasuring.Work> work = new ArrayList<>();
        for (ComparedModel model : models) {
            Set<String> done =
                    folder.points().stream()
                            .filter(point -> point.model().equals(model.name()))
                            .map(MeasuredPoint::metric)
                            .collect(Collectors.toSet());
            List<LengthTask> tasks =
                    LengthTask.of(lengths, generate).stream()
                            .map(task -> task.only(metric -> fits(model, metric)))
                            .map(task -> task.only(metric -> !done.contains(metric.name())))
                            .filter(task -> !task.metrics().isEmpty())
                            .toList();
            if (!tasks.isEmpty()) {
                work.add(new LengthsMeasuring.Work(model, tasks, done.isEmpty()));
            }
        }
        return work;
    }

    private boolean fits(ComparedModel model, LengthCurve.Metric metric) {
        int context = model.config().maxPositionEmbeddings();
        if (metric.context() <= context) {
            return true;
        }
        console.tell(
                "%s of %s is left out: it takes %d tokens, more than the model's context of %d"
                        .formatted(metric.name(), model.name(), metric.context(), context));
        return false;
    }

    private void report(MeasurementFolder folder) throws IOException {
        LengthsReport report = new LengthsReport(folder.points());
        report.writeTable(folder.file(TABLE));
        report.writePicture(folder.file(PICTURE), console);
        report.tellDoubts(console);
    }
}
