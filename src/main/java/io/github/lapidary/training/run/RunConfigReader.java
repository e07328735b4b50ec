package io.github.lapidary.training.run;

import io.github.lapidary.data.WeightSchedule;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.training.run.RunConfig.Competing;
import io.github.lapidary.training.run.RunConfig.HeldOut;
import io.github.lapidary.training.run.RunConfig.Origin;
import io.github.lapidary.training.run.RunConfig.Saving;
import io.github.lapidary.training.run.RunConfig.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Makes a configuration of the values of a file. */
final class RunConfigReader {

    private static final Set<String> OF_SOURCE = Set.of("name", "tokens", "weight");

    private final RunValues values;

    private RunConfigReader(RunValues values) {
        this.values = values;
    }

    static RunConfig read(Path file, List<String> overrides) throws IOException {
        return new RunConfigReader(RunValues.read(file, overrides)).config();
    }

    private RunConfig config() throws MalformedFileException {
        Origin model = model();
        List<Double> betas = betas();
        int accumulation = values.integer(RunKey.ACCUMULATION, 1);
        return new RunConfig(
                values.path(RunKey.OUT).orElseThrow(() -> values.missing("out")),
                model,
                tokenizer(model),
                sources(),
                values.integer(RunKey.SEQUENCE_LENGTH, 2),
                values.integer(RunKey.BATCH_SIZE, 1),
                accumulation,
                heldOut(),
                values.integer(RunKey.STEPS, 1),
                learningRate(),
                values.number(RunKey.WEIGHT_DECAY),
                betas.get(0),
                betas.get(1),
                positive(RunKey.CLIP_NORM),
                choice(RunKey.FORMAT, TrainingFormat.class),
                values.truth(RunKey.RECOMPUTE),
                experts(),
                values.integer(RunKey.SEED, 0),
                new Saving(
                        values.integer(RunKey.CHECKPOINT_EVERY, 1),
                        values.integer(RunKey.CHECKPOINT_KEEP, 1)),
                values.integer(RunKey.PATIENCE, 0),
                values.text());
    }

    private Origin model() throws MalformedFileException {
        Optional<Path> from = values.path(RunKey.MODEL_FROM);
        Optional<Path> config = values.path(RunKey.MODEL_CONFIG);
        if (from.isPresent() == config.isPresent()) {
            throw values.problem(
                    "model",
                    "either model.from, a checkpoint, or model.config, a config.json",
                    from.isPresent() ? "both" : "none");
        }
        return new Origin(from.orElseGet(config::get), config.isPresent());
    }

    /** A model to go on with has its tokenizer beside it. */
    private Path tokenizer(Origin model) throws MalformedFileException {
        Optional<Path> stated = values.path(RunKey.TOKENIZER);
        if (stated.isEmpty() && (model.isNew() || Files.isRegularFile(model.path()))) {
            throw values.missing("tokenizer");
        }
        return stated.orElse(model.path());
    }

    private Optional<HeldOut> heldOut() throws MalformedFileException {
        int every = values.integer(RunKey.VALIDATION_EVERY, 1);
        return values.path(RunKey.VALIDATION_TOKENS).map(path -> new HeldOut(path, every));
    }

    private LearningRate learningRate() throws MalformedFileException {
        double peak = positive(RunKey.PEAK);
        return new LearningRate(
                peak,
                values.integer(RunKey.WARMUP, 0),
                values.get(RunKey.LAST) == null ? peak / 10 : values.number(RunKey.LAST),
                choice(RunKey.SCHEDULE, LearningRate.Schedule.class),
                values.integer(RunKey.STEPS, 1));
    }

    private Competing experts() throws MalformedFileException {
        return new Competing(
                values.get(RunKey.CAPACITY_FACTOR) == null
                        ? OptionalDouble.empty()
                        : OptionalDouble.of(positive(RunKey.CAPACITY_FACTOR)),
                choice(RunKey.COMPETE, Competing.Within.class));
    }

    private double positive(RunKey key) throws MalformedFileException {
        double number = values.number(key);
        if (number == 0) {
            throw values.problem(key, "a number above 0", number);
        }
        return number;
    }

    private List<Double> betas() throws MalformedFileException {
        Object found = values.get(RunKey.BETAS);
        List<Double> betas = new ArrayList<>();
        if (found instanceof List<?> list) {
            for (Object each : list) {
                betas.add(values.number(RunKey.BETAS, each));
            }
        }
        if (betas.size() != 2 || betas.stream().anyMatch(beta -> beta >= 1)) {
            throw values.problem(RunKey.BETAS, "two numbers from 0 to below 1", found);
        }
        return betas;
    }

    private <E extends Enum<E>> E choice(RunKey key, Class<E> type) throws MalformedFileException {
        List<String> names =
                Arrays.stream(type.getEnumConstants())
                        .map(each -> each.name().toLowerCase(Locale.ROOT))
                        .toList();
        int index = names.indexOf(String.valueOf(values.get(key)));
        if (index < 0) {
            throw values.problem(key, "one of " + names, values.get(key));
        }
        return type.getEnumConstants()[index];
    }

    private List<Source> sources() throws MalformedFileException {
        if (!(values.get(RunKey.SOURCES) instanceof List<?> list) || list.isEmpty()) {
            throw values.problem(RunKey.SOURCES, "a list of sources", values.get(RunKey.SOURCES));
        }
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            sources.add(source("data.sources[%d]".formatted(i), list.get(i)));
        }
        if (sources.stream().map(Source::name).distinct().count() < sources.size()) {
            throw values.problem(
                    RunKey.SOURCES, "different names", sources.stream().map(Source::name).toList());
        }
        return sources;
    }

    private Source source(String key, Object value) throws MalformedFileException {
        if (!(value instanceof Map<?, ?> map)) {
            throw values.problem(key, "name, tokens and weight", value);
        }
        Set<Object> unknown = new HashSet<>(map.keySet());
        unknown.removeAll(OF_SOURCE);
        if (!unknown.isEmpty()) {
            throw values.problem(key, "name, tokens and weight", unknown);
        }
        Path tokens = values.path(key + ".tokens", map.get("tokens"));
        Object name = map.get("name");
        Object weight = map.get("weight");
        return new Source(
                name == null ? String.valueOf(tokens.getFileName()) : name.toString(),
                tokens,
                schedule(key + ".weight", weight == null ? 1 : weight));
    }

    /** Reads a weight, or a list of pairs of an update and the weight there. */
    private WeightSchedule schedule(String key, Object value) throws MalformedFileException {
        if (!(value instanceof List<?> list)) {
            return WeightSchedule.constant(values.number(key, value));
        }
        List<WeightSchedule.Point> points = new ArrayList<>();
        for (Object each : list) {
            if (!(each instanceof List<?> pair)
                    || pair.size() != 2
                    || !(pair.get(0) instanceof Integer update)
                    || update < 0) {
                throw values.problem(key, "pairs of an update and a weight", each);
            }
            points.add(new WeightSchedule.Point(update, values.number(key, pair.get(1))));
        }
        try {
            return new WeightSchedule(points);
        } catch (IllegalArgumentException e) {
            throw values.problem(key, "ascending updates", value);
        }
    }
}
