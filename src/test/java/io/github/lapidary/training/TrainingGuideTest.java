package io.github.lapidary.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.CosineTracker;
import ai.djl.training.tracker.Tracker;
import ai.djl.training.tracker.WarmUpTracker;
import ai.djl.translate.NoopTranslator;
import io.github.lapidary.Examples;
import io.github.lapidary.Golden;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.Tiny;
import io.github.lapidary.checkpoint.CheckpointWriter;
import io.github.lapidary.checkpoint.WriteOptions;
import io.github.lapidary.data.DocumentSet;
import io.github.lapidary.data.MixtureSource;
import io.github.lapidary.data.TextSource;
import io.github.lapidary.data.TokenDataset;
import io.github.lapidary.data.TokenFile;
import io.github.lapidary.data.Tokenization;
import io.github.lapidary.data.TokenizationOptions;
import io.github.lapidary.data.WeightSchedule;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TokenLoss;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.model.TrainingOptions;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.translate.GenerativeBlock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/training.md, run on a tiny model. */
class TrainingGuideTest {

    private static final Path CHECKPOINT = Tiny.path("gemma3_mqa");

    @TempDir private Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream standard = System.out;
    private NDManager manager;

    @BeforeEach
    void capture() {
        manager = NDManager.newBaseManager();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(standard);
        manager.close();
    }

    @Test
    void thePageShowsTheseExamples() throws Exception {
        Examples.assertQuoted(Path.of("docs/training.md"), TrainingGuideTest.class);
    }

    private NDArray rows(int count) {
        return manager.create(Tiny.ids(count * 12), new Shape(count, 12));
    }

    private static LanguageModel load(Path path) throws Exception {
        return LanguageModel.load(path, LoadOptions.defaults().withFormat(WeightFormat.FLOAT32));
    }

    private double lossOf(CausalLanguageModel model, NDArray ids) {
        return model.loss(new NDList(ids), NextTokens.labels(ids)).mean();
    }

    @Test
    void data() throws Exception {
        Path tokenizerFolder = CHECKPOINT;
        String text = "It was a fine morning, and nobody was at home. ".repeat(300);
        Path emma = Files.writeString(folder.resolve("emma.txt"), text);
        Path novelsFile = folder.resolve("novels.tokens");
        Path playsFile = folder.resolve("plays.tokens");
        try (Tokenizer tokenizer = TokenizerJson.load(tokenizerFolder)) {
            List<TextSource> texts = List.of(TextSource.document(emma));
            Tokenization.run(texts, tokenizer, playsFile, TokenizationOptions.defaults());
        }
        // example
        try (Tokenizer tokenizer = TokenizerJson.load(tokenizerFolder)) {
            List<TextSource> texts = List.of(TextSource.document(emma));
            Tokenization.run(texts, tokenizer, novelsFile, TokenizationOptions.defaults());
        }
        DocumentSet novels = DocumentSet.of(TokenFile.open(novelsFile));
        DocumentSet plays = DocumentSet.of(TokenFile.open(playsFile));
        TokenDataset dataset =
                TokenDataset.builder()
                        .addSource(
                                new MixtureSource(
                                        "novels", novels, WeightSchedule.jump(1, 8_000, 4)))
                        .addSource(MixtureSource.of("plays", plays, 1))
                        .setSequenceLength(512)
                        .setBatchSize(8)
                        .optSeed(7)
                        .build();
        // end
        try (LanguageModel model = load(CHECKPOINT);
                Batch batch = dataset.getData(manager).iterator().next()) {
            NDArray labels = batch.getLabels().head();
            long labelled =
                    Arrays.stream(labels.toLongArray())
                            .filter(label -> label != TokenLoss.IGNORED)
                            .count();
            TokenLoss loss = model.block().loss(batch.getData(), labels);
            assertEquals(labelled, loss.tokens());
            try (GradientSum sum = new GradientSum(model.block())) {
                TokenLoss same = sum.add(batch.getData(), labels);
                assertEquals(loss.mean(), same.mean(), 1e-4 * loss.mean());
            }
        }
    }

    @Test
    void fit() throws Exception {
        Path path = CHECKPOINT;
        Path trained = folder.resolve("trained");
        NDArray ids = rows(4);
        NDArray heldOut = rows(2);
        double before;
        try (LanguageModel model = load(path)) {
            before = lossOf(model.block(), ids);
        }
        int steps = 12;
        NDArray labels = NextTokens.labels(ids);
        NDArray heldOutLabels = NextTokens.labels(heldOut);
        // example
        Dataset training =
                new ArrayDataset.Builder()
                        .setData(ids) // [rows, tokens], int64
                        .optLabels(labels) // [rows, tokens], int64
                        .setSampling(2, true)
                        .build();
        Dataset validation =
                new ArrayDataset.Builder()
                        .setData(heldOut, heldOut.onesLike(), heldOutLabels)
                        .optLabels(heldOutLabels)
                        .setSampling(2, false)
                        .build();
        Criteria<NDList, NDList> criteria =
                Criteria.builder()
                        .setTypes(NDList.class, NDList.class)
                        .optModelUrls("lapidary:" + path + "?dtype=float32")
                        .optTranslator(new NoopTranslator())
                        .build();
        try (ZooModel<NDList, NDList> zooModel = criteria.loadModel()) {
            LanguageModel model = ((GenerativeBlock) zooModel.getBlock()).model();
            Tracker learningRate =
                    WarmUpTracker.builder()
                            .optWarmUpSteps(steps / 10)
                            .setMainTracker(
                                    CosineTracker.builder()
                                            .setBaseValue(1e-3f)
                                            .optFinalValue(1e-4f)
                                            .setMaxUpdates(steps)
                                            .build())
                            .build();
            AdamW optimizer =
                    AdamW.builder(model.block().parametersByPath())
                            .optLearningRateTracker(learningRate)
                            .optWeightDecays(0.1f)
                            .optClipNorm(1)
                            .build();
            TrainingConfig config =
                    new DefaultTrainingConfig(new TokenCrossEntropy())
                            .addEvaluator(new Perplexity())
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .optOptimizer(optimizer);
            try (Trainer trainer = zooModel.newTrainer(config)) {
                EasyTrain.fit(trainer, 6, training, validation);
                System.out.println(trainer.getTrainingResult().getValidateLoss());
            }
            CheckpointWriter.write(
                    model.block(),
                    model.defaults(),
                    trained,
                    WriteOptions.of(StoredType.BF16).withTokenizerFolder(path));
        }
        // end
        try (LanguageModel model = load(trained)) {
            assertTrue(lossOf(model.block(), ids) < 0.8 * before, () -> "learned nothing");
            TokenLoss loss = Validation.loss(model.block(), validation);
            assertEquals(22, loss.tokens());
            assertEquals(lossOf(model.block(), heldOut), loss.mean(), 1e-6 * loss.mean());
            assertEquals(loss.sum() / Math.log(2) / 100, loss.bitsPerByte(100), 1e-9);
            double validated = Double.parseDouble(printed.toString(StandardCharsets.UTF_8));
            assertEquals(lossOf(model.block(), heldOut), validated, 0.02 * validated);
        }
    }

    @Test
    void ownLoop() throws Exception {
        try (LanguageModel languageModel = load(CHECKPOINT)) {
            CausalLanguageModel model = languageModel.block();
            List<NDList> batches = List.of(new NDList(rows(2)), new NDList(rows(3)));
            NDArray heldOut = rows(2);
            Path file = folder.resolve("optimizer.safetensors");
            double before = lossOf(model, heldOut);
            // example
            try (AdamW optimizer = AdamW.builder(model.parametersByPath()).build();
                    GradientSum sum = new GradientSum(model)) {
                for (int step = 0; step < 10; step++) {
                    for (NDList data : batches) {
                        sum.add(data, NextTokens.labels(data.head()));
                    }
                    optimizer.step(sum);
                }
                TokenLoss loss = model.loss(new NDList(heldOut), NextTokens.labels(heldOut));
                System.out.println(optimizer.updates() + " updates, " + loss.perplexity());
                optimizer.save(file);
            }
            // end
            assertTrue(lossOf(model, heldOut) < before);
            String expected = "10 updates, " + Math.exp(lossOf(model, heldOut)) + "\n";
            assertEquals(expected, printed.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void packed() {
        long[] row = {2, 10, 11, 2, 12, 13, 14, 0};
        // example
        NDArray ids = manager.create(new long[][] {row});
        NDArray segments = manager.create(new long[][] {{1, 1, 1, 2, 2, 2, 2, 0}});
        NDArray labels = NextTokens.labels(ids, segments);
        NDList data = new NDList(ids, segments);
        // end
        assertEquals(2, data.size());
        assertEquals(10, labels.getLong(0, 0));
        assertEquals(TokenLoss.IGNORED, labels.getLong(0, 2));
    }

    /** EasyTrain steps after every batch; two make an update, which is that of both together. */
    @Test
    void options() throws Exception {
        try (LanguageModel languageModel = load(CHECKPOINT)) {
            CausalLanguageModel model = languageModel.block();
            NDArray ids = rows(2);
            double exact = lossOf(model, ids);
            // example
            model.setTraining(
                    TrainingOptions.defaults()
                            .withFormat(TrainingFormat.preferred(ids.getDevice()))
                            .withRecomputation(true));
            // end
            assertEquals(exact, lossOf(model, ids), 0.02 * exact);
        }
    }

    @Test
    void easyTrainAccumulates() throws Exception {
        NDArray ids = rows(4);
        Dataset halves =
                new ArrayDataset.Builder()
                        .setData(ids)
                        .optLabels(NextTokens.labels(ids))
                        .setSampling(2, false)
                        .build();
        List<float[]> results = new ArrayList<>();
        for (boolean accumulated : new boolean[] {true, false}) {
            try (Model holder = Model.newInstance("accumulated")) {
                CausalLanguageModel model = Tiny.load("gemma3_mqa", holder.getNDManager());
                holder.setBlock(model);
                AdamW optimizer =
                        AdamW.builder(model.parametersByPath())
                                .optAccumulation(accumulated ? 2 : 1)
                                .optEpsilon(1e-3)
                                .build();
                if (accumulated) {
                    try (Trainer trainer =
                            holder.newTrainer(
                                    new DefaultTrainingConfig(new TokenCrossEntropy())
                                            .optOptimizer(optimizer))) {
                        EasyTrain.fit(trainer, 3, halves, null);
                    }
                } else {
                    try (GradientSum sum = new GradientSum(model)) {
                        for (int i = 0; i < 3; i++) {
                            sum.add(new NDList(ids), NextTokens.labels(ids));
                            optimizer.step(sum);
                        }
                    }
                }
                assertEquals(3, optimizer.updates());
                Map<String, Parameter> parameters = model.parametersByPath();
                results.add(
                        parameters.get("layers.0.mlp.up_proj.weight").getArray().toFloatArray());
            }
        }
        Golden.assertClose("weight", results.get(1), results.get(0), 1e-5);
    }

    /** With DJL's own loss and optimizer, on whole logits. */
    @Test
    void easyTrainWithStockParts() throws Exception {
        NDArray ids = rows(4);
        try (Model holder = Model.newInstance("stock")) {
            CausalLanguageModel model = Tiny.load("gemma3_mqa", holder.getNDManager());
            model.setTraining(TrainingOptions.defaults().withLogits(true));
            holder.setBlock(model);
            double before = lossOf(model, ids);
            NDArray labels = NextTokens.labels(ids).maximum(0);
            Dataset dataset =
                    new ArrayDataset.Builder()
                            .setData(ids)
                            .optLabels(labels)
                            .setSampling(2, false)
                            .build();
            Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-3f)).build();
            TrainingConfig config = new DefaultTrainingConfig(new RowByRow()).optOptimizer(adam);
            try (Trainer trainer = holder.newTrainer(config)) {
                trainer.initialize(ids.getShape());
                EasyTrain.fit(trainer, 5, dataset, null);
                for (Batch batch : trainer.iterateDataset(dataset)) {
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        NDList logits = trainer.forward(batch.getData(), batch.getLabels());
                        assertEquals(
                                new Shape(2, 12, model.config().vocabSize()),
                                logits.head().getShape());
                        collector.backward(trainer.getLoss().evaluate(batch.getLabels(), logits));
                    }
                    trainer.step();
                    batch.close();
                }
            }
            assertTrue(lossOf(model, ids) < 0.9 * before, () -> "learned nothing");
        }
    }

    /** DJL's loss takes rows [N, V]. */
    private static final class RowByRow extends Loss {

        private final Loss rows = Loss.softmaxCrossEntropyLoss();

        RowByRow() {
            super("rows");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            NDArray logits = predictions.head();
            long vocabSize = logits.getShape().get(2);
            return rows.evaluate(
                    new NDList(labels.head().flatten()), new NDList(logits.reshape(-1, vocabSize)));
        }
    }
}
