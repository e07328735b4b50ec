package io.github.lapidary.training;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TrainingFormat;
import io.github.lapidary.model.TrainingOptions;
import java.nio.file.Files;
import java.nio.file.Path;

/** Many short steps of training in every way, for a process of their own. */
final class TrainingRuns {

    static final int RUNS_PER_SAMPLE = 5;

    private final Own plain;
    private final Own mixed;
    private final Own small;
    private final Model holder;
    private final CausalLanguageModel ofDjl;
    private final Trainer trainer;
    private final KernelModule kernels;

    /** A model trained without DJL's loop. */
    private record Own(CausalLanguageModel model, GradientSum sum, AdamW optimizer) {

        static Own of(String name, NDManager manager, TrainingOptions options) throws Exception {
            CausalLanguageModel model = Tiny.load(name, manager);
            model.setTraining(options);
            return new Own(
                    model,
                    new GradientSum(model),
                    AdamW.builder(model.parametersByPath()).optClipNorm(1).build());
        }

        void step(NDManager manager) {
            TrainingBatch batch = TrainingBatch.of(manager, 2, 6);
            sum.add(batch.data(), batch.labels());
            sum.add(batch.data(), batch.labels());
            optimizer.step(sum);
            model.loss(batch.data(), batch.labels());
        }
    }

    private TrainingRuns(NDManager manager, Model holder) throws Exception {
        TrainingOptions options = TrainingOptions.defaults();
        plain = Own.of("gemma1_mqa", manager, options);
        mixed =
                Own.of(
                        "recurrentgemma_bf16",
                        manager,
                        options.withFormat(TrainingFormat.MIXED).withRecomputation(true));
        small = Own.of("gemma2", manager, options.withFormat(TrainingFormat.BFLOAT16));
        this.holder = holder;
        ofDjl = Tiny.load("gemma1_mqa", holder.getNDManager());
        kernels = ofDjl.link(holder.getNDManager());
        holder.setBlock(ofDjl);
        AdamW optimizer = AdamW.builder(ofDjl.parametersByPath()).optAccumulation(2).build();
        trainer =
                holder.newTrainer(
                        new DefaultTrainingConfig(new TokenCrossEntropy()).optOptimizer(optimizer));
        trainer.initialize(new Shape(2, 6));
    }

    /**
     * Writes as many samples of its private bytes as {@code args[0]} to the file {@code args[1]}.
     */
    public static void main(String[] args) throws Exception {
        StringBuilder samples = new StringBuilder();
        try (NDManager manager = NDManager.newBaseManager();
                Model holder = Model.newInstance("trained")) {
            TrainingRuns runs = new TrainingRuns(manager, holder);
            runs.run(manager);
            runs.run(manager);
            int arrays = runs.arrays(manager);
            for (int i = 0; i < Integer.parseInt(args[0]); i++) {
                for (int run = 0; run < RUNS_PER_SAMPLE; run++) {
                    runs.run(manager);
                }
                if (runs.arrays(manager) != arrays
                        || runs.kernels.openHandles() != 0
                        || runs.kernels.keptHandles() > 10) {
                    throw new IllegalStateException(
                            "Something is left after steps: "
                                    + manager
                                    + runs.trainer.getManager());
                }
                samples.append(ProcessMemory.privateBytes()).append('\n');
            }
        }
        Files.writeString(Path.of(args[1]), samples);
    }

    private int arrays(NDManager manager) {
        return manager.getManagedArrays().size()
                + holder.getNDManager().getManagedArrays().size()
                + trainer.getManager().getManagedArrays().size();
    }

    private void run(NDManager parent) {
        try (NDManager manager = parent.newSubManager()) {
            plain.step(manager);
            mixed.step(manager);
            small.step(manager);
            TrainingBatch batch = TrainingBatch.of(manager, 2, 6);
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDList result = trainer.forward(batch.data(), new NDList(batch.labels()));
                collector.backward(trainer.getLoss().evaluate(null, result));
            }
            trainer.step();
        }
    }
}
