package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import io.github.lapidary.Golden;
import io.github.lapidary.Tiny;
import io.github.lapidary.config.GlamConfig;
import io.github.lapidary.nn.Step;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tiny GLaM checkpoints against the gradients of their reference: of the cross-entropy, the
 * square of the logits' log-sum-exp and the imbalance of the gates, where experts have a capacity.
 */
class GlamTrainingTest extends ReferenceGradients {

    /**
     * What the references allow, of sums up to 4: four units in the last place of float32 there.
     */
    private static final double AUX_TOLERANCE = 1e-6;

    private static final Pattern EXPERT = Pattern.compile("experts\\.(\\d+)\\.(\\w+)\\.weight");

    @Override
    Place place(String foreignName) {
        String path = foreignName.replaceFirst("^model\\.", "");
        Matcher expert = EXPERT.matcher(path);
        return expert.find()
                ? new Place(expert.replaceFirst("experts.$2"), Integer.parseInt(expert.group(1)))
                : GemmaTrainingTest.joined(path);
    }

    private static TrainingOptions options() {
        return TrainingOptions.defaults().withCapacityFactor(1);
    }

    private NDList data(Golden golden) throws IOException {
        return new NDList(
                golden.array(manager, "train.input_ids"),
                golden.array(manager, "train.attention_mask"));
    }

    /** Adds the gradients of the mean over the labelled tokens to the map. */
    private TokenLoss train(NDList data, NDArray labels, Map<String, float[]> gradients) {
        Map<Parameter, NDArray> sums = new HashMap<>();
        for (Parameter parameter : model().parametersByPath().values()) {
            sums.put(parameter, manager.zeros(parameter.getShape()));
        }
        TokenLoss loss = model().addGradients(data, labels, sums::get);
        model().parametersByPath()
                .forEach(
                        (path, parameter) ->
                                gradients.put(
                                        path,
                                        sums.get(parameter).div(loss.tokens()).toFloatArray()));
        return loss;
    }

    @ParameterizedTest
    @CsvSource({"glam, false", "glam, true", "glam_alt, false", "glam_alt, true"})
    void lossesAndGradientsAreTheReferences(String name, boolean recomputation) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            model().setTraining(options().withRecomputation(recomputation));
            Map<String, float[]> gradients = new HashMap<>();
            TokenLoss loss = train(data(golden), nextLabels(golden), gradients);
            assertLoss(golden.floats("train.ce")[0], loss.mean());
            assertLoss(golden.floats("train.total")[0], loss.total());
            GlamConfig config = (GlamConfig) model().config();
            assertEquals(
                    golden.floats("train.aux_sum")[0],
                    loss.added().auxLoss() / loss.tokens() / config.auxLossCoef(),
                    AUX_TOLERANCE);
            assertLoss(
                    golden.floats("train.z_mean_sq_logsumexp")[0],
                    loss.added().zLoss() / loss.tokens() / config.zLossCoef());
            assertGradients(golden, gradients);
            double norm = Math.sqrt(gradients.values().stream().mapToDouble(g -> dot(g)).sum());
            assertLoss(golden.floats("train.grad_global_norm")[0], norm);
        }
    }

    /** The same rows, their tokens moved to the end. */
    @ParameterizedTest
    @CsvSource({"glam, false", "glam_alt, true"})
    void paddingOnTheLeftChangesNoGradient(String name, boolean recomputation) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            model().setTraining(options().withRecomputation(recomputation));
            long[] mask = golden.longs("train.attention_mask");
            Shape shape = golden.shape("train.attention_mask");
            int width = Math.toIntExact(shape.get(1));
            long[] ids = PaddingTest.moved(golden.longs("train.input_ids"), mask, width);
            long[] labels = PaddingTest.moved(nextLabels(golden).toLongArray(), mask, width);
            long[] moved = PaddingTest.moved(mask, mask, width);
            assertEquals(0, moved[moved.length - width]);
            Map<String, float[]> gradients = new HashMap<>();
            NDList data = new NDList(manager.create(ids, shape), manager.create(moved, shape));
            TokenLoss loss = train(data, manager.create(labels, shape), gradients);
            assertLoss(golden.floats("train.ce")[0], loss.mean());
            assertLoss(golden.floats("train.total")[0], loss.total());
            assertGradients(golden, gradients);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void djlsTrainerHasTheSameGradients(String name) throws Exception {
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name)) {
            model().setTraining(options());
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList result = trainer.forward(data(golden), new NDList(nextLabels(golden)));
                assertLoss(golden.floats("train.ce")[0], result.head().getFloat());
                collector.backward(result.head());
            }
            assertGradients(golden, gradients());
        }
    }

    /** The imbalance alone, as it comes out of the layers. */
    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void gradientsOfTheImbalanceAloneAreTheReferences(String name) throws Exception {
        String prefix = "train.aux_only_grad.";
        try (Trainer trainer = trainer(name);
                Golden golden = Tiny.golden(name);
                PaddedBatch batch = PaddedBatch.of(data(golden), model().config().vocabSize())) {
            double coefficient = ((GlamConfig) model().config()).auxLossCoef();
            try (GradientCollector collector = trainer.newGradientCollector();
                    Step step =
                            Step.training(
                                    manager,
                                    LossPass.lengths(batch),
                                    batch.competition(options(), 1 / coefficient))) {
                ParameterStore store = new ParameterStore(manager, false);
                model().hidden(store, step, batch.ids(), (i, x) -> {}, () -> {});
                NDArray sum = manager.zeros(new Shape());
                for (int layer : GlamGoldenTest.sparseLayers(model())) {
                    sum = sum.add(step.losses(layer).get(0));
                }
                assertEquals(golden.floats("train.aux_sum")[0], sum.getFloat(), AUX_TOLERANCE);
                collector.backward(sum);
            }
            assertGradients(golden, gradients(), prefix);
        }
    }
}
