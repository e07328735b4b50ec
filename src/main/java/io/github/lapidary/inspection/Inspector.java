package io.github.lapidary.inspection;

import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.ModelSize;
import io.github.lapidary.checkpoint.TensorFit;
import io.github.lapidary.checkpoint.TensorProblem;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.inspection.CheckpointReading.Stage;
import io.github.lapidary.inspection.Inspection.ChatTemplateSummary;
import io.github.lapidary.inspection.Inspection.NamedToken;
import io.github.lapidary.inspection.Inspection.TokenizerSummary;
import io.github.lapidary.inspection.TensorScan.Scanned;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Models;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Puts the report together from what could be read. */
final class Inspector {

    private final CheckpointReading reading;
    private final InspectionOptions options;
    private final Optional<CausalLanguageModel> model;
    private final Optional<TensorFit> fit;
    private final List<Finding> findings = new ArrayList<>();
    private boolean scanned;

    Inspector(CheckpointReading reading, InspectionOptions options) {
        this.reading = reading;
        this.options = options;
        model = reading.config().map(Models::of);
        fit = model.map(own -> TensorFit.of(checkpoint(), own));
    }

    /** Returns the checkpoint, without tensors if they could not be read. */
    private Checkpoint checkpoint() {
        return new Checkpoint(
                reading.path(),
                reading.config().orElseThrow(),
                GenerationDefaults.NONE,
                reading.tensors().orElse(new NoTensors(reading.path())),
                reading.metadata());
    }

    Inspection inspection() throws IOException {
        if (reading.tensors().isPresent()) {
            fit.ifPresent(own -> findings.addAll(FitCheck.findings(own.problems())));
        }
        if (reading.config().isPresent() && reading.isFolder()) {
            findings.addAll(StatedKeysCheck.findings(reading.path(), reading.tensors()));
        }
        if (options.scan() && reading.tensors().isPresent()) {
            scan(reading.tensors().get());
        }
        if (reading.config().isPresent() && reading.tokenizer().isPresent()) {
            findings.addAll(
                    VocabularyCheck.findings(reading.config().get(), reading.tokenizer().get()));
        }
        Optional<ChatTemplateSummary> template = chatTemplate();
        findings.addAll(0, reading.findings());
        findings.sort(Comparator.comparing(Finding::severity));
        return new Inspection(
                reading.path(),
                Optional.of(reading.isFolder() ? "safetensors" : "GGUF"),
                files(),
                reading.config(),
                tensors(),
                fit.map(TensorFit::leftAside).orElse(List.of()),
                model.map(ModelSize::of),
                model.map(own -> MemoryNeed.of(own, fit.orElseThrow())).orElse(List.of()),
                reading.tokenizer()
                        .map(own -> new TokenizerSummary(own.size(), named(own.bosId()))),
                stopTokens(),
                template,
                scanned,
                findings);
    }

    private Map<String, Long> files() throws IOException {
        Map<String, Long> files = new TreeMap<>();
        for (TensorEntry entry : tensors()) {
            String name = String.valueOf(entry.file().getFileName());
            if (!files.containsKey(name)) {
                files.put(name, Files.size(entry.file()));
            }
        }
        return files;
    }

    private List<TensorEntry> tensors() {
        return reading.tensors().map(own -> List.copyOf(own.tensors().values())).orElse(List.of());
    }

    private void scan(TensorContainer tensors) throws IOException {
        Optional<List<Scanned>> found =
                reading.attempt(
                        Stage.WEIGHTS,
                        () ->
                                fit.isPresent()
                                        ? TensorScan.of(tensors, fit.get(), options.listener())
                                        : TensorScan.of(tensors, options.listener()));
        if (found.isPresent()) {
            findings.addAll(ValueCheck.findings(found.get()));
            findings.addAll(NormCheck.findings(found.get()));
            checkHeads();
            scanned = true;
        }
    }

    private void checkHeads() throws IOException {
        if (fit.isEmpty() || fit.get().problems().stream().anyMatch(Inspector::isUntied)) {
            return; // unknown, or told of already
        }
        reading.attempt(Stage.WEIGHTS, () -> TensorFit.untied(checkpoint(), model.orElseThrow()))
                .ifPresent(untied -> findings.addAll(FitCheck.findings(untied)));
    }

    private static boolean isUntied(TensorProblem problem) {
        return problem.kind() == TensorProblem.Kind.UNTIED;
    }

    private List<NamedToken> stopTokens() {
        return reading.config().stream()
                .map(ModelConfig::specialTokens)
                .flatMap(tokens -> tokens.eosTokenIds().stream())
                .map(this::named)
                .toList();
    }

    private NamedToken named(int id) {
        return new NamedToken(
                id, reading.tokenizer().flatMap(own -> VocabularyCheck.piece(own, id)));
    }

    private Optional<ChatTemplateSummary> chatTemplate() throws IOException {
        if (reading.chatFormat().isEmpty()) {
            return Optional.empty();
        }
        ChatFormat format = reading.chatFormat().get();
        Tokenizer tokenizer = reading.tokenizer().orElseThrow();
        Optional<RenderingCheck> rendering =
                reading.attempt(
                        Stage.CHAT_TEMPLATE, () -> RenderingCheck.render(format, tokenizer));
        if (rendering.isPresent()) {
            rendering.get().beginning().ifPresent(findings::add);
            checkEnding(rendering.get(), tokenizer);
        }
        return Optional.of(
                new ChatTemplateSummary(
                        reading.relative(format.template().name()),
                        format.template().source(),
                        rendering
                                .flatMap(own -> own.endOfTurn().stream().boxed().findFirst())
                                .map(this::named)));
    }

    private void checkEnding(RenderingCheck rendering, Tokenizer tokenizer) throws IOException {
        Optional<String> sign = ConversationSign.of(reading, tokenizer, rendering.endOfTurn());
        reading.config()
                .map(config -> config.specialTokens().eosTokenIds())
                .flatMap(ends -> rendering.ending(ends, reading.bringsTemplate(), sign))
                .ifPresent(findings::add);
    }
}
