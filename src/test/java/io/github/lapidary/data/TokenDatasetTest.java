package io.github.lapidary.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.data.WeightSchedule.Point;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenDatasetTest {

    private static final int T = 32;
    private static final int B = 3;
    private static final int VOCABULARY_SIZE = 100_000;

    @TempDir private Path folder;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** What a batch holds, row by row. */
    private static final class Numbers {

        private final long[] ids;
        private final long[] segments;
        private final long[] labels;

        Numbers(Batch batch) {
            ids = batch.getData().get(0).toLongArray();
            segments = batch.getData().get(1).toLongArray();
            labels = batch.getLabels().singletonOrThrow().toLongArray();
        }

        boolean isSame(Numbers other) {
            return Arrays.equals(ids, other.ids)
                    && Arrays.equals(segments, other.segments)
                    && Arrays.equals(labels, other.labels);
        }
    }

    /** Writes documents whose tokens are numbered through, so that each tells where it was. */
    private DocumentSet documents(String name, int first, int... lengths) throws IOException {
        int[][] documents = new int[lengths.length][];
        int next = first;
        for (int i = 0; i < lengths.length; i++) {
            documents[i] = IntStream.range(next, next + lengths[i]).toArray();
            next += lengths[i];
        }
        return DocumentSet.of(TokenFiles.write(folder.resolve(name), VOCABULARY_SIZE, documents));
    }

    private static int[] lengths(int count, int most) {
        Random random = new Random(6);
        return IntStream.range(0, count).map(i -> 1 + random.nextInt(most)).toArray();
    }

    private static TokenDataset.Builder builder(MixtureSource... sources) {
        TokenDataset.Builder builder =
                TokenDataset.builder().setSequenceLength(T).setBatchSize(B).optSeed(7);
        for (MixtureSource source : sources) {
            builder.addSource(source);
        }
        return builder;
    }

    private List<Numbers> batches(Dataset dataset, int most) throws Exception {
        List<Numbers> batches = new ArrayList<>();
        for (Batch batch : dataset.getData(manager)) {
            try (batch) {
                assertEquals(batches.size(), batch.getProgress());
                batches.add(new Numbers(batch));
            }
            if (batches.size() == most) {
                break;
            }
        }
        return batches;
    }

    /** Checks the form of a batch and returns the tokens that are to be predicted from. */
    private static List<Long> check(Numbers batch) {
        List<Long> tokens = new ArrayList<>();
        for (int place = 0; place < batch.ids.length; place++) {
            boolean first = place % T == 0;
            long before = first ? 0 : batch.segments[place - 1];
            if (batch.segments[place] == 0) {
                assertTrue(!first, "a row without tokens");
                assertEquals(-100, batch.labels[place]);
                assertEquals(0, batch.ids[place]);
                continue;
            }
            assertTrue(first || before > 0, "tokens after padding");
            assertEquals(batch.ids[place] + 1, batch.labels[place]);
            if (batch.segments[place] == before) {
                assertEquals(batch.ids[place - 1] + 1, batch.ids[place]);
            } else {
                assertEquals(before + 1, batch.segments[place]);
            }
            tokens.add(batch.ids[place]);
        }
        return tokens;
    }

    @Test
    void batchesHaveTheFormThatModelsTake() throws Exception {
        TokenDataset dataset =
                builder(MixtureSource.of("a", documents("a", 1, 5, 100), 1))
                        .optBatchesPerEpoch(2)
                        .build();
        int count = 0;
        for (Batch batch : dataset.getData(manager)) {
            assertEquals(new Shape(B, T), batch.getData().get(0).getShape());
            assertEquals(new Shape(B, T), batch.getData().get(1).getShape());
            assertEquals(new Shape(B, T), batch.getLabels().singletonOrThrow().getShape());
            assertEquals(DataType.INT64, batch.getData().get(1).getDataType());
            assertEquals(B, batch.getSize());
            assertEquals(2, batch.getProgressTotal());
            batch.close();
            count++;
        }
        assertEquals(2, count);
        assertTrue(manager.getManagedArrays().isEmpty());
    }

    @Test
    void anEpochHasEveryTokenOnceAndAnotherOrderEachTime() throws Exception {
        int[] lengths = lengths(200, 3 * T);
        DocumentSet documents = documents("a", 1, lengths);
        long wanted = documents.tokenCount() - documents.size();
        TokenDataset dataset = builder(MixtureSource.of("a", documents, 1)).setBatchSize(1).build();
        List<List<Long>> epochs = new ArrayList<>();
        for (int epoch = 0; epoch < 2; epoch++) {
            List<Long> tokens = new ArrayList<>();
            int rows = 0;
            while (tokens.size() < wanted) {
                for (Numbers row : batches(dataset, 1)) {
                    tokens.addAll(check(row));
                    rows++;
                }
            }
            assertEquals(epoch, dataset.position().sources().get(0).epoch());
            assertEquals(wanted, tokens.size());
            assertEquals(wanted, new HashSet<>(tokens).size());
            double padding = 1 - tokens.size() / (double) (rows * T);
            assertTrue(padding < 0.03, "padding " + padding);
            epochs.add(tokens);
        }
        assertNotEquals(epochs.get(0), epochs.get(1));
        assertEquals(new TreeSet<>(epochs.get(0)), new TreeSet<>(epochs.get(1)));
    }

    @Test
    void longDocumentsAreCutElsewhereInEachEpochAndShortOnesNever() throws Exception {
        int longLength = 1000;
        TokenDataset dataset =
                builder(MixtureSource.of("a", documents("a", 0, longLength, T + 1, 9), 1))
                        .setBatchSize(1)
                        .build();
        List<Set<Long>> cuts = new ArrayList<>(List.of(new TreeSet<>()));
        for (int row = 0; row < 120; row++) {
            Numbers numbers = batches(dataset, 1).get(0);
            int epoch = dataset.position().sources().get(0).epoch();
            if (epoch == cuts.size()) {
                cuts.add(new TreeSet<>());
            }
            for (int place = 0; place < T; place++) {
                boolean begins =
                        place == 0 || numbers.segments[place] != numbers.segments[place - 1];
                if (begins && numbers.segments[place] > 0) {
                    cuts.get(epoch).add(numbers.ids[place]);
                }
            }
        }
        assertTrue(cuts.size() > 2);
        for (int epoch = 0; epoch + 1 < cuts.size(); epoch++) {
            Set<Long> starts = cuts.get(epoch);
            assertNotEquals(starts, cuts.get(epoch + 1));
            List<Long> others = starts.stream().filter(start -> start >= longLength).toList();
            assertEquals(List.of((long) longLength, (long) longLength + T + 1), others);
        }
    }

    @Test
    void theSeedDecidesTheOrder() throws Exception {
        MixtureSource source = MixtureSource.of("a", documents("a", 1, lengths(50, 90)), 1);
        List<Numbers> one = batches(builder(source).build(), 5);
        List<Numbers> same = batches(builder(source).build(), 5);
        List<Numbers> other = batches(builder(source).optSeed(8).build(), 5);
        for (int i = 0; i < one.size(); i++) {
            assertTrue(one.get(i).isSame(same.get(i)));
            assertFalse(one.get(i).isSame(other.get(i)));
        }
        // On every machine and in every version.
        assertArrayEquals(new int[] {6, 5, 3, 1, 2, 0, 4, 7}, Mixing.order(8, 1));
    }

    private TokenDataset mixture() throws IOException {
        DocumentSet small = documents("small" + System.nanoTime(), 50_000, lengths(9, 70));
        DocumentSet large = documents("large" + System.nanoTime(), 1, lengths(60, 90));
        return builder(
                        new MixtureSource("small", small, WeightSchedule.jump(1, 7, 3)),
                        MixtureSource.of("large", large, 0.7))
                .build();
    }

    @Test
    void aRestoredPositionGivesTheSameBatches() throws Exception {
        int count = 25;
        TokenDataset dataset = mixture();
        List<String> positions = new ArrayList<>();
        List<Numbers> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            positions.add(dataset.position().toJson().toString());
            batches.addAll(batches(dataset, 1));
        }
        assertTrue(dataset.position().sources().get(0).epoch() > 1);
        for (int start = 0; start < count; start++) {
            TokenDataset resumed = mixture();
            JsonObject json = JsonParser.parseString(positions.get(start)).getAsJsonObject();
            resumed.restore(DataPosition.fromJson(json));
            List<Numbers> rest = batches(resumed, count - start);
            for (int i = start; i < count; i++) {
                assertTrue(batches.get(i).isSame(rest.get(i - start)), start + ", " + i);
            }
            assertEquals(dataset.position(), resumed.position());
        }
    }

    @Test
    void aPositionInOtherDataIsRefused() throws Exception {
        DocumentSet documents = documents("a", 1, 40, 50, 60);
        MixtureSource source = MixtureSource.of("a", documents, 1);
        DataPosition position = builder(source).build().position();
        for (TokenDataset other :
                List.of(
                        builder(source).optSeed(8).build(),
                        builder(source).setSequenceLength(T + 1).build(),
                        builder(source).setBatchSize(B + 1).build(),
                        builder(source, source).build(),
                        builder(MixtureSource.of("a", documents.split(0.3, 1).training(), 1))
                                .build(),
                        builder(MixtureSource.of("a", documents("b", 2, 40, 50, 60), 1)).build())) {
            assertThrows(IllegalArgumentException.class, () -> other.restore(position));
        }
        for (String wrong : List.of("{}", "{\"sources\": 1}", "{\"batches\": \"x\"}")) {
            JsonObject json = JsonParser.parseString(wrong).getAsJsonObject();
            assertThrows(IllegalArgumentException.class, () -> DataPosition.fromJson(json));
        }
        JsonObject impossible = position.toJson();
        impossible.getAsJsonArray("sources").get(0).getAsJsonObject().addProperty("next", 1_000);
        assertThrows(
                IllegalArgumentException.class,
                () -> builder(source).build().restore(DataPosition.fromJson(impossible)));
        // Other weights are allowed: a run may change its mind.
        builder(MixtureSource.of("a", documents, 5)).build().restore(position);
    }

    @Test
    void sourcesGetTheirShares() throws Exception {
        DocumentSet one = documents("one", 1, lengths(40, 90));
        DocumentSet two = documents("two", 50_000, lengths(40, 90));
        // 3 to 1 for 40 batches, then 1 to 1 for 40, then only the second.
        WeightSchedule first =
                new WeightSchedule(
                        List.of(
                                new Point(39, 3),
                                new Point(40, 1),
                                new Point(79, 1),
                                new Point(80, 0)));
        TokenDataset dataset =
                builder(new MixtureSource("one", one, first), MixtureSource.of("two", two, 1))
                        .setBatchSize(4)
                        .build();
        int[] rows = new int[3];
        for (int batch = 0; batch < 120; batch++) {
            Numbers numbers = batches(dataset, 1).get(0);
            check(numbers);
            int ofFirst = 0;
            for (int row = 0; row < 4; row++) {
                ofFirst += numbers.ids[row * T] < 50_000 ? 1 : 0;
            }
            rows[batch / 40] += ofFirst;
            assertTrue(batch >= 40 || ofFirst == 3, "not evenly: " + ofFirst);
        }
        assertArrayEquals(new int[] {120, 80, 0}, rows);
        assertEquals(200, dataset.position().sources().get(0).rows());
    }

    @Test
    void weightsGoInStraightLines() {
        WeightSchedule schedule =
                new WeightSchedule(List.of(new Point(10, 1), new Point(20, 3), new Point(30, 0)));
        assertEquals(1, schedule.at(0));
        assertEquals(1, schedule.at(10));
        assertEquals(2, schedule.at(15));
        assertEquals(3, schedule.at(20));
        assertEquals(0.3, schedule.at(29), 1e-12);
        assertEquals(0, schedule.at(1_000));
        WeightSchedule jump = WeightSchedule.jump(1, 5, 4);
        assertEquals(1, jump.at(4));
        assertEquals(4, jump.at(5));
    }

    @Test
    void whatCannotBeIsRefused() throws IOException {
        DocumentSet documents = documents("a", 1, 40, 50);
        MixtureSource source = MixtureSource.of("a", documents, 1);
        DocumentSet single = documents("b", 1, 1, 1);
        List<TokenDataset.Builder> wrong =
                List.of(
                        builder(),
                        builder(source).setSequenceLength(0),
                        builder(source).setBatchSize(0),
                        builder(source).optBatchesPerEpoch(0),
                        builder(MixtureSource.of("a", documents, 0)),
                        builder(new MixtureSource("a", documents, WeightSchedule.jump(1, 9, 0))),
                        builder(MixtureSource.of("b", single, 1)));
        for (TokenDataset.Builder builder : wrong) {
            assertThrows(IllegalArgumentException.class, builder::build);
        }
        assertThrows(IllegalArgumentException.class, () -> new HeldOutDataset(single, T, B));
        assertThrows(IllegalArgumentException.class, () -> new Point(1, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new WeightSchedule(List.of()));
        for (double part : new double[] {0, 1, -1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> documents.split(part, 1));
        }
    }

    @Test
    void heldOutTokensArePredictedOnceAndAlwaysAlike() throws Exception {
        DocumentSet documents = documents("a", 1, lengths(30, 100));
        HeldOutDataset dataset = new HeldOutDataset(documents, T, B);
        List<Numbers> batches = batches(dataset, Integer.MAX_VALUE);
        List<Long> tokens = new ArrayList<>();
        batches.forEach(batch -> tokens.addAll(check(batch)));
        assertEquals(dataset.predictions(), tokens.size());
        assertEquals(dataset.predictions(), new HashSet<>(tokens).size());
        assertEquals(dataset.batches(), batches.size());
        assertEquals(4 * documents.tokenCount(), dataset.textBytes());
        try (NDManager manager = NDManager.newBaseManager()) {
            Batch first = dataset.getData(manager).iterator().next();
            assertEquals(first.getLabels().head(), first.getData().get(2));
        }
        List<Numbers> again = batches(dataset, Integer.MAX_VALUE);
        for (int i = 0; i < batches.size(); i++) {
            assertTrue(batches.get(i).isSame(again.get(i)));
        }
    }

    @Test
    void aSplitPartsTheDocuments() throws IOException {
        DocumentSet documents = documents("a", 1, lengths(50, 100));
        DocumentSet.Split split = documents.split(0.2, 3);
        Set<Integer> all = new TreeSet<>();
        for (DocumentSet set : List.of(split.training(), split.heldOut())) {
            IntStream.range(0, set.size()).forEach(i -> assertTrue(all.add(set.document(i))));
        }
        assertEquals(10, split.heldOut().size());
        assertEquals(50, all.size());
        assertEquals(
                documents.tokenCount(),
                split.training().tokenCount() + split.heldOut().tokenCount());
        assertEquals(
                split.heldOut().fingerprint(), documents.split(0.2, 3).heldOut().fingerprint());
        assertNotEquals(
                split.heldOut().fingerprint(), documents.split(0.2, 4).heldOut().fingerprint());
        assertEquals(1, documents("b", 1, 5, 6).split(0.01, 1).heldOut().size());
    }

    @Test
    void djlsLoopTakesIt() throws Exception {
        DocumentSet documents = documents("a", 1, lengths(30, 100));
        TokenDataset dataset =
                builder(MixtureSource.of("a", documents, 1)).optBatchesPerEpoch(3).build();
        HeldOutDataset heldOut = new HeldOutDataset(documents, T, B);
        AtomicInteger trained = new AtomicInteger();
        AtomicInteger validated = new AtomicInteger();
        SequentialBlock block =
                new SequentialBlock()
                        .add(
                                new LambdaBlock(
                                        list ->
                                                new NDList(
                                                        list.get(0)
                                                                .toType(DataType.FLOAT32, false)
                                                                .div(VOCABULARY_SIZE)
                                                                .reshape(-1, T, 1))))
                        .add(Linear.builder().setUnits(1).build());
        try (Model model = Model.newInstance("line")) {
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.l2Loss())
                            .addTrainingListeners(
                                    new TrainingListenerAdapter() {
                                        @Override
                                        public void onTrainingBatch(
                                                Trainer trainer, BatchData data) {
                                            trained.incrementAndGet();
                                        }

                                        @Override
                                        public void onValidationBatch(
                                                Trainer trainer, BatchData data) {
                                            validated.incrementAndGet();
                                        }
                                    });
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(B, T), new Shape(B, T));
                EasyTrain.fit(trainer, 2, dataset, heldOut);
            }
        }
        assertEquals(6, trained.get());
        assertEquals(6, dataset.position().batches());
        assertEquals(2 * heldOut.batches(), validated.get());
    }
}
