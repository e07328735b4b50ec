package io.github.lapidary.generation;

import io.github.lapidary.config.GenerationDefaults;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a caller asks of a generation.
 *
 * <p>Made by {@link #builder()}; an option that is not named keeps its default. Without any option
 * the likeliest token is taken at each step (greedy).
 *
 * @param maxNewTokens how many tokens may be generated, at least 1; 256 by default
 * @param temperature what logits are divided by before sampling, at least 0; 0 takes the likeliest
 *     token and leaves topK, topP and minP without effect
 * @param topK sampling keeps this many of the likeliest tokens and all that equal the last of them;
 *     0, the default, keeps all
 * @param topP sampling keeps the fewest of the likeliest tokens whose probabilities sum to this,
 *     from 0 to 1, at least one token; 1, the default, keeps all
 * @param minP sampling drops tokens less likely than this share of the likeliest one's probability,
 *     from 0 to 1; 0, the default, keeps all
 * @param repetitionPenalty what divides a positive and multiplies a negative logit of each token
 *     that the prompt or the generated text holds, above 0; 1, the default, changes nothing
 * @param presencePenalty what is subtracted from the logit of each token generated before; 0 by
 *     default
 * @param frequencyPenalty what is subtracted from a token's logit for each time it was generated; 0
 *     by default
 * @param logitBias what is added to the logit of a token, by id; negative infinity forbids it
 * @param seed makes sampling repeatable: the same logits and seed give the same tokens; by default
 *     each generation draws its own
 * @param stopStrings texts that end the generation as soon as one is complete
 * @param includeStopString whether the stop string stays in the text; false by default
 * @param stopIds tokens that end the generation, besides the model's own
 * @param ignoreEos whether the model's own end tokens are taken for ordinary ones; false by default
 * @param topLogprobs asks for the log-probability of each generated token and of so many of the
 *     likeliest, 0 to 20; by default none is computed
 * @param deadline how long prefill and steps may take together, above zero; no limit by default
 * @param keepTokens whether the result holds tokens and text, true by default; if not, memory does
 *     not grow with the text, whose tokens a {@link TokenStream} or a {@link GenerationListener}
 *     hands out once. A {@link Conversation} keeps what it says all the same
 */
public record GenerationOptions(
        int maxNewTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        double presencePenalty,
        double frequencyPenalty,
        Map<Integer, Float> logitBias,
        OptionalLong seed,
        List<String> stopStrings,
        boolean includeStopString,
        Set<Integer> stopIds,
        boolean ignoreEos,
        OptionalInt topLogprobs,
        Optional<Duration> deadline,
        boolean keepTokens) {

    private static final int MOST_LOGPROBS = 20;
    private static final int TOP_K_OF_TRANSFORMERS = 50;

    /**
     * Checks every option.
     *
     * @throws InvalidOptionException if one is out of its range
     */
    public GenerationOptions {
        check(maxNewTokens >= 1, "maxNewTokens", "counts from 1", maxNewTokens);
        checkFinite("temperature", temperature);
        check(temperature >= 0, "temperature", "numbers from 0", temperature);
        check(topK >= 0, "topK", "counts from 1, or 0 for all", topK);
        check(topP >= 0 && topP <= 1, "topP", "numbers from 0 to 1", topP);
        check(minP >= 0 && minP <= 1, "minP", "numbers from 0 to 1", minP);
        checkFinite("repetitionPenalty", repetitionPenalty);
        check(repetitionPenalty > 0, "repetitionPenalty", "numbers above 0", repetitionPenalty);
        checkFinite("presencePenalty", presencePenalty);
        checkFinite("frequencyPenalty", frequencyPenalty);
        logitBias = Collections.unmodifiableMap(new TreeMap<>(logitBias));
        logitBias.forEach(GenerationOptions::checkBias);
        Objects.requireNonNull(seed, "seed");
        stopStrings = List.copyOf(stopStrings);
        stopStrings.forEach(GenerationOptions::checkStopString);
        stopIds = Collections.unmodifiableSet(new TreeSet<>(stopIds));
        stopIds.forEach(id -> check(id >= 0, "stopIds", "token ids from 0", id));
        topLogprobs.ifPresent(GenerationOptions::checkTopLogprobs);
        deadline.ifPresent(GenerationOptions::checkDeadline);
    }

    /** Returns a builder in which every option has its default. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns a builder in which the options are those that a checkpoint states, as transformers
     * reads them: unless it says {@code do_sample}, the likeliest token is taken; if it does, but
     * not {@code top_k}, that is 50.
     */
    public static Builder builder(GenerationDefaults defaults) {
        Builder builder = builder();
        defaults.maxNewTokens().ifPresent(builder::maxNewTokens);
        defaults.repetitionPenalty().ifPresent(builder::repetitionPenalty);
        if (defaults.doSample().orElse(false)) {
            builder.temperature(defaults.temperature().orElse(1));
            builder.topK(defaults.topK().orElse(TOP_K_OF_TRANSFORMERS));
            defaults.topP().ifPresent(builder::topP);
            defaults.minP().ifPresent(builder::minP);
        }
        return builder;
    }

    /** Returns the options of a plain greedy generation. */
    public static GenerationOptions defaults() {
        return builder().build();
    }

    /** Returns these options with further tokens that end the generation. */
    public GenerationOptions withStopIds(Collection<Integer> further) {
        Set<Integer> ids = new TreeSet<>(stopIds);
        ids.addAll(further);
        return new GenerationOptions(
                maxNewTokens,
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
                presencePenalty,
                frequencyPenalty,
                logitBias,
                seed,
                stopStrings,
                includeStopString,
                ids,
                ignoreEos,
                topLogprobs,
                deadline,
                keepTokens);
    }

    /** Returns whether the likeliest token is taken at each step. */
    public boolean isGreedy() {
        return temperature == 0;
    }

    private static void checkFinite(String option, double value) {
        check(Double.isFinite(value), option, "finite numbers", value);
    }

    private static void checkBias(int id, float bias) {
        check(id >= 0, "logitBias", "token ids from 0", id);
        check(
                bias < Float.POSITIVE_INFINITY,
                "logitBias",
                "finite numbers or negative infinity",
                bias + " for token " + id);
    }

    private static void checkStopString(String text) {
        boolean wellFormed =
                text.codePoints()
                        .noneMatch(
                                c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
        check(
                !text.isEmpty() && wellFormed,
                "stopStrings",
                "non-empty, well-formed texts",
                '"' + text + '"');
    }

    private static void checkTopLogprobs(int count) {
        check(
                count >= 0 && count <= MOST_LOGPROBS,
                "topLogprobs",
                "counts from 0 to " + MOST_LOGPROBS,
                count);
    }

    private static void checkDeadline(Duration limit) {
        check(!limit.isNegative() && !limit.isZero(), "deadline", "times above zero", limit);
    }

    private static void check(boolean valid, String option, String allowed, Object found) {
        if (!valid) {
            throw new InvalidOptionException(option, "allows " + allowed + "; found " + found);
        }
    }

    /** Collects options; see {@link GenerationOptions} for their meaning and defaults. */
    public static final class Builder {

        private int maxNewTokens = 256;
        private Optional<Double> temperature = Optional.empty();
        private int topK;
        private double topP = 1;
        private double minP;
        private double repetitionPenalty = 1;
        private double presencePenalty;
        private double frequencyPenalty;
        private Map<Integer, Float> logitBias = Map.of();
        private OptionalLong seed = OptionalLong.empty();
        private List<String> stopStrings = List.of();
        private boolean includeStopString;
        private Set<Integer> stopIds = Set.of();
        private boolean ignoreEos;
        private OptionalInt topLogprobs = OptionalInt.empty();
        private Optional<Duration> deadline = Optional.empty();
        private boolean keepTokens = true;

        private Builder() {}

        /** Sets how many tokens may be generated. */
        public Builder maxNewTokens(int count) {
            maxNewTokens = count;
            return this;
        }

        /** Takes the likeliest token at each step, as a temperature of 0 does. */
        public Builder greedy() {
            return temperature(0);
        }

        /**
         * Sets what logits are divided by before sampling.
         *
         * <p>If it is not set, it is 1 where topK, topP or minP ask for sampling, and 0 otherwise.
         */
        public Builder temperature(double value) {
            temperature = Optional.of(value);
            return this;
        }

        /** Sets how many of the likeliest tokens sampling keeps. */
        public Builder topK(int count) {
            topK = count;
            return this;
        }

        /** Sets the probability that the tokens which sampling keeps must reach together. */
        public Builder topP(double probability) {
            topP = probability;
            return this;
        }

        /** Sets the least share of the likeliest token's probability that sampling keeps. */
        public Builder minP(double share) {
            minP = share;
            return this;
        }

        /** Sets what divides or multiplies the logits of all tokens seen so far. */
        public Builder repetitionPenalty(double factor) {
            repetitionPenalty = factor;
            return this;
        }

        /** Sets what is subtracted once from the logits of tokens generated before. */
        public Builder presencePenalty(double penalty) {
            presencePenalty = penalty;
            return this;
        }

        /** Sets what is subtracted from a token's logit for each time it was generated. */
        public Builder frequencyPenalty(double penalty) {
            frequencyPenalty = penalty;
            return this;
        }

        /** Sets what is added to the logits of some tokens, by id. */
        public Builder logitBias(Map<Integer, Float> biasById) {
            logitBias = biasById;
            return this;
        }

        /** Makes sampling repeatable. */
        public Builder seed(long value) {
            seed = OptionalLong.of(value);
            return this;
        }

        /** Sets the texts that end the generation. */
        public Builder stopStrings(String... texts) {
            return stopStrings(List.of(texts));
        }

        /** Sets the texts that end the generation. */
        public Builder stopStrings(List<String> texts) {
            stopStrings = texts;
            return this;
        }

        /** Sets whether the stop string stays in the text. */
        public Builder includeStopString(boolean include) {
            includeStopString = include;
            return this;
        }

        /** Sets tokens that end the generation, besides the model's own. */
        public Builder stopIds(Collection<Integer> ids) {
            stopIds = new TreeSet<>(ids);
            return this;
        }

        /** Sets whether the model's own end tokens are taken for ordinary ones. */
        public Builder ignoreEos(boolean ignore) {
            ignoreEos = ignore;
            return this;
        }

        /** Asks for log-probabilities: of the generated token and of so many of the likeliest. */
        public Builder topLogprobs(int count) {
            topLogprobs = OptionalInt.of(count);
            return this;
        }

        /** Sets how long the generation may take. */
        public Builder deadline(Duration limit) {
            deadline = Optional.of(limit);
            return this;
        }

        /** Sets whether the result holds tokens and text; not for texts without end. */
        public Builder keepTokens(boolean keep) {
            keepTokens = keep;
            return this;
        }

        /**
         * Returns the options.
         *
         * @throws IllegalArgumentException if one is out of its range; the message names the
         *     option, what is allowed and what was found
         */
        public GenerationOptions build() {
            boolean sampling = topK != 0 || topP != 1 || minP != 0;
            return new GenerationOptions(
                    maxNewTokens,
                    temperature.orElse(sampling ? 1.0 : 0.0),
                    topK,
                    topP,
                    minP,
                    repetitionPenalty,
                    presencePenalty,
                    frequencyPenalty,
                    logitBias,
                    seed,
                    stopStrings,
                    includeStopString,
                    stopIds,
                    ignoreEos,
                    topLogprobs,
                    deadline,
                    keepTokens);
        }
    }
}
