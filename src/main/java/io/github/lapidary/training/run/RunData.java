package io.github.lapidary.training.run;

import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.GenerationDefaultsReader;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.data.DocumentSet;
import io.github.lapidary.data.HeldOutDataset;
import io.github.lapidary.data.MixtureSource;
import io.github.lapidary.data.TokenDataset;
import io.github.lapidary.data.TokenFile;
import io.github.lapidary.data.WeightSchedule;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.training.run.RunConfig.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The files of a run, opened and held against each other.
 *
 * @param modelConfig the shape of the model
 * @param defaults how it would generate
 * @param training what is trained on
 * @param trainingTokens how many tokens there are
 * @param heldOut what is measured on
 */
record RunData(
        ModelConfig modelConfig,
        GenerationDefaults defaults,
        TokenDataset training,
        long trainingTokens,
        Optional<HeldOutDataset> heldOut) {

    static RunData open(RunConfig config) throws IOException {
        Path path = config.model().path();
        NamedModel model = model(config);
        ModelConfig modelConfig = model.config();
        if (config.sequenceLength() > modelConfig.maxPositionEmbeddings()) {
            throw new MalformedFileException(
                    path,
                    "the model takes %d tokens; data.sequence_length is %d."
                            .formatted(
                                    modelConfig.maxPositionEmbeddings(), config.sequenceLength()));
        }
        try (Tokenizer tokenizer = TokenizerJson.load(config.tokenizer())) {
            return open(config, modelConfig, model.defaults(), tokenizer);
        }
    }

    /** Reads the shape of the model that a configuration names. */
    static ModelConfig modelConfig(RunConfig config) throws IOException {
        return model(config).config();
    }

    /** What is said of a model without its weights. */
    private record NamedModel(ModelConfig config, GenerationDefaults defaults) {}

    private static NamedModel model(RunConfig config) throws IOException {
        Path path = config.model().path();
        if (config.model().isNew()) {
            GenerationDefaults defaults =
                    GenerationDefaultsReader.read(path.toAbsolutePath().getParent());
            return new NamedModel(ModelConfigReader.readFile(path, defaults), defaults);
        }
        Checkpoint checkpoint = Checkpoint.open(path);
        return new NamedModel(checkpoint.config(), checkpoint.defaults());
    }

    private static RunData open(
            RunConfig config,
            ModelConfig modelConfig,
            GenerationDefaults defaults,
            Tokenizer tokenizer)
            throws IOException {
        TokenDataset.Builder training =
                TokenDataset.builder()
                        .setSequenceLength(config.sequenceLength())
                        .setBatchSize(config.batchSize())
                        .optBatchesPerEpoch(Long.MAX_VALUE)
                        .optSeed(config.seed());
        long tokens = 0;
        for (Source source : config.sources()) {
            DocumentSet documents = documents(source.tokens(), tokenizer, modelConfig);
            tokens += documents.tokenCount();
            training.addSource(
                    new MixtureSource(
                            source.name(),
                            documents,
                            byBatch(source.weight(), config.accumulation())));
        }
        Optional<HeldOutDataset> heldOut = Optional.empty();
        if (config.validation().isPresent()) {
            Path file = config.validation().get().tokens();
            DocumentSet documents = documents(file, tokenizer, modelConfig);
            heldOut =
                    Optional.of(
                            new HeldOutDataset(
                                    documents, config.sequenceLength(), config.batchSize()));
        }
        return new RunData(modelConfig, defaults, training.build(), tokens, heldOut);
    }

    /** A tokenizer may have tokens that the model has not, as Gemma 3's has one of images. */
    private static DocumentSet documents(Path file, Tokenizer tokenizer, ModelConfig model)
            throws IOException {
        TokenFile tokens = TokenFile.open(file);
        tokens.checkTokenizer(tokenizer);
        if (tokenizer.size() > model.vocabSize() && tokens.largestId() >= model.vocabSize()) {
            throw new MalformedFileException(
                    file,
                    "it has the token %d; the model's vocabulary has %d, the tokenizer's %d."
                            .formatted(tokens.largestId(), model.vocabSize(), tokenizer.size()));
        }
        return DocumentSet.of(tokens);
    }

    /**
     * Reads all token files once, and compares their checksums.
     *
     * @param listener hears how many bytes are read
     */
    static void verify(RunConfig config, ProgressListener listener) throws IOException {
        Set<Path> files = new LinkedHashSet<>();
        config.sources().forEach(source -> files.add(source.tokens()));
        config.validation().ifPresent(heldOut -> files.add(heldOut.tokens()));
        long total = 0;
        for (Path file : files) {
            total += Files.size(file);
        }
        long before = 0;
        for (Path file : files) {
            long start = before;
            long all = total;
            TokenFile.open(file).verify((read, ofFile) -> listener.progress(start + read, all));
            before += Files.size(file);
        }
    }

    /** The configuration counts updates, a dataset batches. */
    private static WeightSchedule byBatch(WeightSchedule weight, int accumulation) {
        return new WeightSchedule(
                weight.points().stream()
                        .map(
                                point ->
                                        new WeightSchedule.Point(
                                                Math.multiplyExact(point.batch(), accumulation),
                                                point.weight()))
                        .toList());
    }
}
