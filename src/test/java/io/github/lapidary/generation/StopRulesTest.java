package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StopRulesTest {

    @Test
    void joinsTheModelsEndTokensAndTheCallers() {
        GenerationOptions options = GenerationOptions.builder().stopIds(List.of(7)).build();
        assertEquals(Set.of(1, 106, 7), StopRules.of(options, List.of(1, 106)).ids());
    }

    @Test
    void ignoringTheModelsEndTokensKeepsTheCallers() {
        GenerationOptions options =
                GenerationOptions.builder().stopIds(List.of(7, 106)).ignoreEos(true).build();
        assertEquals(Set.of(7, 106), StopRules.of(options, List.of(1, 106)).ids());
    }
}
