package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class MeasurementTest {

    @Test
    void lineHasTheMedianAndTheRange() {
        Measurement measurement = new Measurement("prefill512", "tok/s", 911.2, 880.3, 900.12345);

        assertEquals(
                "{\"peer\": \"lapidary\", \"model\": \"gemma\", \"quant\": \"bfloat16\","
                        + " \"metric\": \"prefill512\", \"value\": 900.1235, \"unit\": \"tok/s\","
                        + " \"n\": 3, \"min\": 880.3, \"max\": 911.2}\n",
                JsonLine.of(measurement.json("gemma", "bfloat16")));
    }

    @Test
    void medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        assertEquals(2.5, new Measurement("rss_peak", "MB", 9, 2, 3, 1).median());
    }
}
