package io.github.lapidary.inspection;

import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.checkpoint.TensorFit;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.Sha256;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a checkpoint holds, what it needs, and what is wrong with it.
 *
 * @param path the folder or file; of a configuration alone its name
 * @param container what the files are: {@code safetensors} or {@code GGUF}; empty if there are none
 * @param files the files that hold the tensors, by name, with their bytes
 * @param config the configuration; empty if it could not be read, which is a finding
 * @param tensors all tensors of the files, in their order; empty if they could not be read
 * @param leftAside those of the tensors that a text model does without
 * @param size how many numbers the model has, and what a token costs; empty without a configuration
 * @param memory what the model needs in each format; empty without a configuration
 * @param tokenizer the tokenizer; empty if it could not be read
 * @param stopTokens the tokens that end a text; empty without a configuration
 * @param chatTemplate the chat template; empty if there is none, or none that can be read
 * @param scanned whether the values of the tensors were looked at
 * @param findings what the user should know, the worst first
 */
public record Inspection(
        Path path,
        Optional<String> container,
        Map<String, Long> files,
        Optional<ModelConfig> config,
        List<TensorEntry> tensors,
        List<TensorEntry> leftAside,
        Optional<ModelSize> size,
        List<MemoryNeed> memory,
        Optional<TokenizerSummary> tokenizer,
        List<NamedToken> stopTokens,
        Optional<ChatTemplateSummary> chatTemplate,
        boolean scanned,
        List<Finding> findings) {

    /** Makes lists and map immutable. */
    public Inspection {
        files = Collections.unmodifiableMap(new TreeMap<>(files));
        tensors = List.copyOf(tensors);
        leftAside = List.copyOf(leftAside);
        memory = List.copyOf(memory);
        stopTokens = List.copyOf(stopTokens);
        findings = List.copyOf(findings);
    }

    /**
     * A token.
     *
     * @param id its id
     * @param piece how the vocabulary spells it; empty if it is not in the vocabulary
     */
    public record NamedToken(int id, Optional<String> piece) {}

    /**
     * A tokenizer.
     *
     * @param size the number above its highest id
     * @param beginning the token that begins every text
     */
    public record TokenizerSummary(int size, NamedToken beginning) {}

    /**
     * A chat template.
     *
     * @param name where it comes from
     * @param source its text
     * @param endOfTurn the control token that it puts after a reply, if it puts one
     */
    public record ChatTemplateSummary(String name, String source, Optional<NamedToken> endOfTurn) {

        /** Returns the SHA-256 of the text in UTF-8, as hexadecimal digits. */
        public String sha256() {
            return HexFormat.of()
                    .formatHex(Sha256.begin().digest(source.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /**
     * Inspects a Hugging Face folder or a GGUF file. No weights are loaded, and the engine is not
     * needed.
     *
     * @return the report; what keeps the checkpoint from being loaded is among its findings
     * @throws NoSuchFileException if there is nothing at the path
     * @throws IOException if this thread is interrupted
     */
    public static Inspection of(Path path, InspectionOptions options) throws IOException {
        try (CheckpointReading reading = CheckpointReading.of(path)) {
            return new Inspector(reading, options).inspection();
        }
    }

    /**
     * Tells what a model of a configuration would hold and need, whose weights nobody may have.
     *
     * @param name what the report calls it
     */
    public static Inspection of(String name, ModelConfig config) {
        Path path = Path.of(name);
        CausalLanguageModel model = Models.of(config);
        Checkpoint checkpoint =
                new Checkpoint(
                        path,
                        config,
                        GenerationDefaults.NONE,
                        new NoTensors(path),
                        Optional.empty());
        return new Inspection(
                path,
                Optional.empty(),
                Map.of(),
                Optional.of(config),
                List.of(),
                List.of(),
                Optional.of(ModelSize.of(model)),
                MemoryNeed.of(model, TensorFit.of(checkpoint, model)),
                Optional.empty(),
                config.specialTokens().eosTokenIds().stream()
                        .map(id -> new NamedToken(id, Optional.empty()))
                        .toList(),
                Optional.empty(),
                false,
                List.of());
    }

    /** Returns how many findings are of a severity. */
    public long count(Finding.Severity severity) {
        return findings.stream().filter(finding -> finding.severity() == severity).count();
    }
}
