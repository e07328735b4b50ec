package io.github.lapidary.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingOptionsTest {

    @ParameterizedTest
    @CsvSource({"0, 0.0", "-1, -1.0", "NaN, NaN", "Infinity, Infinity"})
    void capacitiesOfNothingAreRefused(double factor, String shown) {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> TrainingOptions.defaults().withCapacityFactor(factor));
        assertEquals("A capacity factor is above 0, not " + shown + ".", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"-1, -1.0", "NaN, NaN", "Infinity, Infinity"})
    void factorsOfTheZLossThatCannotBeAreRefused(double factor, String shown) {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> TrainingOptions.defaults().withZLossCoef(factor));
        assertEquals("The factor of the z-loss is 0 or more, not " + shown + ".", e.getMessage());
    }

    @Test
    void othersStayAsTheyAre() {
        TrainingOptions options =
                TrainingOptions.defaults()
                        .withCapacityFactor(1.5)
                        .withBatchCompetes(true)
                        .withZLossCoef(0)
                        .withRecomputation(true)
                        .withFormat(TrainingFormat.MIXED);
        assertEquals(1.5, options.capacityFactor().getAsDouble());
        assertEquals(0, options.zLossCoef().getAsDouble());
        assertEquals(
                options,
                options.withLogits(true).withLogits(false).withFormat(TrainingFormat.MIXED));
    }
}
