package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeasuredPointTest {

    private static MeasuredPoint point(double min, double max, String more) {
        String line =
                "{\"model\": \"m\", \"quant\": \"float32\", \"metric\": \"prefill8\", \"value\": 100,"
                        + " \"n\": 3, \"min\": %s, \"max\": %s%s}".formatted(min, max, more);
        return MeasuredPoint.of(JsonParser.parseString(line).getAsJsonObject());
    }

    @Test
    void wideOrDisturbedPointsAreDoubted() {
        assertEquals("", point(90, 110, ", \"other_cpu\": 0.25").doubt());
        assertEquals("", point(90, 110, "").doubt());
        assertEquals("its runs lie 21 % apart", point(90, 111, "").doubt());
        assertEquals(
                "others used 0.26 processors", point(90, 110, ", \"other_cpu\": 0.26").doubt());
        assertEquals(
                "its runs lie 50 % apart, others used 1.00 processors",
                point(70, 120, ", \"other_cpu\": 1").doubt());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"model": "m"} | quant is missing or no plain value
                    {"model": []} | model is missing or no plain value
                    {"model": "m", "quant": "f", "metric": "p", "value": "1"} | value is no number: "1"
                    """)
    void otherLinesAreRefused(String line, String message) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        MeasuredPoint.of(
                                                JsonParser.parseString(line).getAsJsonObject()))
                        .getMessage());
    }
}
