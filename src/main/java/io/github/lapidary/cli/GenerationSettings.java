package io.github.lapidary.cli;

import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.InvalidOptionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How tokens are chosen, and what ends a text. */
final class GenerationSettings {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            description = "Write at most so many tokens. Default: 256, in a chat 1024 a reply.")
    private Integer maxNewTokens;

    @Option(
            names = "--greedy",
            description = {
                "Take the likeliest token each time.",
                "So it is by default; a chat samples if the model's makers do."
            })
    private boolean greedy;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = {
                "Sample; logits are divided by this before.",
                "Default: 1 if another option asks for sampling."
            })
    private Double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Sample from this many of the likeliest tokens.")
    private Integer topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Sample from the fewest tokens whose probabilities sum to this.")
    private Double topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Sample from tokens at least so likely as this share of the likeliest.")
    private Double minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            description = "Divide the logits of all tokens seen before; 1 does nothing.")
    private Double repetitionPenalty;

    @Option(
            names = "--presence-penalty",
            paramLabel = "R",
            description = "Subtract this from the logits of tokens written before.")
    private Double presencePenalty;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "R",
            description = "Subtract this for each time a token was written.")
    private Double frequencyPenalty;

    @Option(
            names = "--logit-bias",
            paramLabel = "ID=B",
            description = "Add B to the logit of a token; -Infinity forbids it. May be repeated.")
    private final Map<Integer, Float> logitBias = new LinkedHashMap<>();

    @Option(names = "--seed", paramLabel = "N", description = "Sample the same text each time.")
    private Long seed;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "End before this text. May be repeated.")
    private final List<String> stopStrings = new ArrayList<>();

    @Option(
            names = "--stop-id",
            paramLabel = "ID",
            description = "End at this token, too. May be repeated.")
    private final List<Integer> stopIds = new ArrayList<>();

    @Option(names = "--ignore-eos", description = "Go on after the model's own end tokens.")
    private boolean ignoreEos;

    @Option(
            names = "--deadline",
            paramLabel = "SECONDS",
            description = "End when prompt and text together took so long.")
    private Double deadline;

    @Option(
            names = "--logprobs",
            paramLabel = "N",
            description = "With --json: log-probabilities, of the N likeliest tokens too.")
    private Integer topLogprobs;

    /** Returns whether log-probabilities are asked for. */
    boolean wantsLogprobs() {
        return topLogprobs != null;
    }

    /**
     * Returns the options of the library.
     *
     * @throws ParameterException if one is out of its range, or two exclude each other
     */
    GenerationOptions toOptions() {
        return applyTo(GenerationOptions.builder());
    }

    /**
     * Returns options in which those that were given replace others.
     *
     * @throws ParameterException if one is out of its range, or two exclude each other
     */
    GenerationOptions applyTo(GenerationOptions.Builder builder) {
        builder.ignoreEos(ignoreEos);
        put(builder, "--max-new-tokens", maxNewTokens, GenerationOptions.Builder::maxNewTokens);
        put(builder, "--temperature", temperature, GenerationOptions.Builder::temperature);
        put(builder, "--top-k", topK, GenerationOptions.Builder::topK);
        put(builder, "--top-p", topP, GenerationOptions.Builder::topP);
        put(builder, "--min-p", minP, GenerationOptions.Builder::minP);
        put(
                builder,
                "--repetition-penalty",
                repetitionPenalty,
                GenerationOptions.Builder::repetitionPenalty);
        put(
                builder,
                "--presence-penalty",
                presencePenalty,
                GenerationOptions.Builder::presencePenalty);
        put(
                builder,
                "--frequency-penalty",
                frequencyPenalty,
                GenerationOptions.Builder::frequencyPenalty);
        put(builder, "--logit-bias", logitBias, GenerationOptions.Builder::logitBias);
        put(builder, "--seed", seed, GenerationOptions.Builder::seed);
        put(builder, "--stop", stopStrings, GenerationOptions.Builder::stopStrings);
        put(builder, "--stop-id", stopIds, GenerationOptions.Builder::stopIds);
        put(builder, "--logprobs", topLogprobs, GenerationOptions.Builder::topLogprobs);
        put(builder, "--deadline", duration(), GenerationOptions.Builder::deadline);
        if (greedy) {
            refuseSampling();
            builder.greedy();
        }
        return builder.build();
    }

    /** Sets an option, if it was given, after the library's own check of it. */
    private <T> void put(
            GenerationOptions.Builder builder,
            String name,
            T value,
            BiConsumer<GenerationOptions.Builder, T> setter) {
        if (value == null) {
            return;
        }
        GenerationOptions.Builder alone = GenerationOptions.builder();
        setter.accept(alone, value);
        try {
            alone.build();
        } catch (InvalidOptionException e) {
            throw new ParameterException(command.commandLine(), name + " " + e.problem() + ".", e);
        }
        setter.accept(builder, value);
    }

    private Duration duration() {
        if (deadline == null) {
            return null;
        }
        if (!(deadline > 0)) {
            throw new ParameterException(
                    command.commandLine(), "--deadline allows times above 0; found " + deadline);
        }
        return Duration.ofNanos((long) Math.ceil(deadline * 1e9));
    }

    private void refuseSampling() {
        Map<String, Object> sampling = new LinkedHashMap<>();
        sampling.put("--temperature", temperature);
        sampling.put("--top-k", topK);
        sampling.put("--top-p", topP);
        sampling.put("--min-p", minP);
        sampling.forEach(
                (name, value) -> {
                    if (value != null) {
                        throw new ParameterException(
                                command.commandLine(),
                                "--greedy takes the likeliest token, " + name + " asks to sample");
                    }
                });
    }
}
