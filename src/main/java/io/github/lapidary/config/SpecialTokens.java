package io.github.lapidary.config;

import java.util.HashSet;
import java.util.List;

/**
 * The token ids with a meaning of their own.
 *
 * @param bosTokenId starts every text
 * @param eosTokenIds any of them ends a text; distinct, at least one
 * @param padTokenId fills rows of a batch; it never reaches a number
 */
public record SpecialTokens(int bosTokenId, List<Integer> eosTokenIds, int padTokenId) {

    /**
     * Checks the ids.
     *
     * @throws IllegalArgumentException if an id is negative, or eosTokenIds empty or not distinct
     */
    public SpecialTokens {
        eosTokenIds = List.copyOf(eosTokenIds);
        ConfigCheck.that(
                !eosTokenIds.isEmpty() && new HashSet<>(eosTokenIds).size() == eosTokenIds.size(),
                "eosTokenIds",
                "distinct ids, at least one",
                eosTokenIds);
        ConfigCheck.notNegative("bosTokenId", bosTokenId);
        ConfigCheck.notNegative("padTokenId", padTokenId);
        eosTokenIds.forEach(id -> ConfigCheck.notNegative("eosTokenIds", id));
    }
}
