package io.github.lapidary.training.run;

import io.github.lapidary.Tiny;
import io.github.lapidary.data.TextSource;
import io.github.lapidary.data.Tokenization;
import io.github.lapidary.data.TokenizationOptions;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of a small run: a new model of a tiny shape, token files, and a configuration. */
public final class RunFixture {

    public static final String SHAPE = "gemma3_mqa";

    private static final Path TEXT = Path.of("src/test/resources/data/training.txt");

    private RunFixture() {}

    /** Writes the files into a folder; the run goes into {@code run} there. */
    public static Path write(Path folder) throws IOException {
        Path tokenizer = Tiny.path(SHAPE);
        String text = Files.readString(TEXT);
        tokens(tokenizer, folder, "long", text.substring(0, 9_000));
        tokens(tokenizer, folder, "short", text.substring(9_000, 12_500));
        tokens(tokenizer, folder, "held-out", text.substring(12_500, 14_000));
        return Files.writeString(
                folder.resolve("train.yaml"),
                """
                out: %1$s/run
                model: {config: %2$s/config.json}
                tokenizer: %2$s
                data:
                  sources:
                    - {name: long, tokens: %1$s/long.tokens, weight: [[0, 1], [4, 1], [8, 3]]}
                    - {name: short, tokens: %1$s/short.tokens}
                  sequence_length: 24
                batch_size: 2
                accumulation: 2
                validation: {tokens: %1$s/held-out.tokens, every: 4}
                steps: 12
                learning_rate: {peak: 0.01, warmup: 3}
                checkpoint: {every: 5, keep: 2}
                seed: 3
                """
                        .formatted(folder, tokenizer));
    }

    /**
     * Writes the shape of a small model with experts, of whose gates all is drawn that can be.
     *
     * @return the setting that makes it that of a run
     */
    static String writeExperts(Path folder) throws IOException {
        Path model =
                Tiny.copy(
                        "glam",
                        folder.resolve("glam"),
                        config -> {
                            config.addProperty("second_expert_policy", "random");
                            config.addProperty("second_expert_threshold", 0.9);
                            config.addProperty("router_jitter_noise", 0.1);
                            config.addProperty("router_z_loss_coef", 0.001);
                        });
        return "model.config=" + model.resolve("config.json");
    }

    private static void tokens(Path tokenizer, Path folder, String name, String text)
            throws IOException {
        Path source = Files.writeString(folder.resolve(name + ".txt"), text);
        try (Tokenizer opened = TokenizerJson.load(tokenizer)) {
            Tokenization.run(
                    List.of(TextSource.document(source)),
                    opened,
                    folder.resolve(name + ".tokens"),
                    TokenizationOptions.defaults());
        }
    }
}
