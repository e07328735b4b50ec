package io.github.lapidary.config;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * How a checkpoint wants to be sampled, as its {@code generation_config.json} says; everything may
 * be absent.
 *
 * @param eosTokenIds the ids that end a text, in place of those of config.json; empty if absent
 * @param doSample whether to sample rather than take the most likely token
 * @param temperature divides the logits; 0 or more
 * @param topK how many of the most likely tokens are kept; 0 means all
 * @param topP the probability that the kept tokens reach together; above 0, at most 1
 * @param minP a kept token's least probability as a fraction of the largest; 0 to 1
 * @param repetitionPenalty divides the positive logits of tokens already there and multiplies the
 *     negative ones; above 0
 * @param maxNewTokens how many tokens to generate at most
 */
public record GenerationDefaults(
        List<Integer> eosTokenIds,
        Optional<Boolean> doSample,
        OptionalDouble temperature,
        OptionalInt topK,
        OptionalDouble topP,
        OptionalDouble minP,
        OptionalDouble repetitionPenalty,
        OptionalInt maxNewTokens) {

    /** Nothing is said. */
    public static final GenerationDefaults NONE =
            new GenerationDefaults(
                    List.of(),
                    Optional.empty(),
                    OptionalDouble.empty(),
                    OptionalInt.empty(),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    OptionalDouble.empty(),
                    OptionalInt.empty());

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException naming the number, what was expected and what was found
     */
    public GenerationDefaults {
        eosTokenIds = List.copyOf(eosTokenIds);
        eosTokenIds.forEach(id -> ConfigCheck.notNegative("eosTokenIds", id));
        temperature.ifPresent(value -> checkTemperature(value));
        topK.ifPresent(value -> ConfigCheck.that(value >= 0, "topK", "0 or more", value));
        topP.ifPresent(
                value -> ConfigCheck.that(value > 0 && value <= 1, "topP", "above 0 to 1", value));
        minP.ifPresent(
                value -> ConfigCheck.that(value >= 0 && value <= 1, "minP", "0 to 1", value));
        repetitionPenalty.ifPresent(value -> ConfigCheck.positive("repetitionPenalty", value));
        maxNewTokens.ifPresent(
                value -> ConfigCheck.that(value >= 1, "maxNewTokens", "1 or more", value));
    }

    private static void checkTemperature(double temperature) {
        ConfigCheck.that(
                temperature >= 0 && Double.isFinite(temperature),
                "temperature",
                "a finite number, 0 or more",
                temperature);
    }
}
