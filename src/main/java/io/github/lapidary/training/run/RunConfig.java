package io.github.lapidary.training.run;

import io.github.lapidary.data.WeightSchedule;
import io.github.lapidary.model.TrainingFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a run trains, on what and how. The keys of its file are those of {@code docs/training.md}.
 *
 * @param out the folder that gets everything the run writes
 * @param model where the model comes from
 * @param tokenizer the folder of the tokenizer that made the token files
 * @param sources what is trained on
 * @param sequenceLength tokens of a row, T
 * @param batchSize rows of a batch, B
 * @param accumulation batches of an update
 * @param validation what the model is measured on; it is not trained on
 * @param steps updates of the whole run
 * @param learningRate the learning rate by update
 * @param weightDecay what an update takes off matrices, times the learning rate
 * @param beta1 what the first moment keeps of itself
 * @param beta2 what the second moment keeps of itself
 * @param clipNorm the largest norm of all gradients together
 * @param format what numbers the model is trained with
 * @param recompute whether layers are run again for their gradients, which saves memory
 * @param experts how tokens compete for the experts of a model that has some
 * @param seed what the new model, the order of the data and what experts draw depend on
 * @param checkpoints when the run is saved
 * @param patience how many validations in a row may bring nothing better before the run ends; 0 for
 *     any number
 * @param text the configuration as YAML, all overrides applied
 */
public record RunConfig(
        Path out,
        Origin model,
        Path tokenizer,
        List<Source> sources,
        int sequenceLength,
        int batchSize,
        int accumulation,
        Optional<HeldOut> validation,
        int steps,
        LearningRate learningRate,
        double weightDecay,
        double beta1,
        double beta2,
        double clipNorm,
        TrainingFormat format,
        boolean recompute,
        Competing experts,
        int seed,
        Saving checkpoints,
        int patience,
        String text) {

    /**
     * Where a model comes from.
     *
     * @param path a checkpoint to go on with, or the config.json of a new model
     * @param isNew whether it is the latter
     */
    public record Origin(Path path, boolean isNew) {}

    /**
     * Texts to train on.
     *
     * @param name what they are called
     * @param tokens their token file
     * @param weight their weight by update, relative to the others'
     */
    public record Source(String name, Path tokens, WeightSchedule weight) {}

    /**
     * Texts to measure on.
     *
     * @param tokens their token file
     * @param every after how many updates
     */
    public record HeldOut(Path tokens, int every) {}

    /**
     * How tokens compete for experts.
     *
     * @param capacityFactor how many times its fair share of tokens an expert takes at most; empty
     *     for the model's
     * @param within among which tokens
     */
    public record Competing(OptionalDouble capacityFactor, Within within) {

        /** What makes a group of tokens. */
        public enum Within {
            /** A row of a batch. */
            ROW,
            /** A whole batch. */
            BATCH
        }
    }

    /**
     * When a run is saved.
     *
     * @param every after how many updates
     * @param keep how many of the last checkpoints stay
     */
    public record Saving(int every, int keep) {}

    /** Copies the list. */
    public RunConfig {
        sources = List.copyOf(sources);
    }

    /**
     * Reads a YAML file.
     *
     * @param overrides {@code key=value} each, keys with dots, in place of what the file says
     * @throws io.github.lapidary.file.MalformedFileException if a key is unknown, one is missing,
     *     or a value is not possible; the message names file and key
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if an override is none
     */
    public static RunConfig read(Path file, List<String> overrides) throws IOException {
        return RunConfigReader.read(file, overrides);
    }

    /** Returns how many tokens an update sees at most. */
    public long tokensPerUpdate() {
        return (long) sequenceLength * batchSize * accumulation;
    }
}
