package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ProcessorLoadTest {

    private static ProcessorLoad load(long user, long idle, long own) {
        String machine =
                """
                cpu  %d 1 20 %d 7 3 4 5 900 0
                cpu0 1 1 1 1 1 1 1 1 1 1
                cpu1 1 1 1 1 1 1 1 1 1 1
                intr 1
                """
                        .formatted(user, idle);
        String process = "77 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 %d 11 0 0".formatted(own);
        return ProcessorLoad.of(machine, process);
    }

    @Test
    void whatIsNeitherIdleNorOwnIsOfOthers() {
        ProcessorLoad start = load(1000, 5000, 500);

        assertEquals(new ProcessorLoad(1033, 6040, 511, 2), start);
        // 400 ticks of two processors: 150 of this process, 50 of others.
        assertEquals(OptionalDouble.of(0.25), load(1200, 5200, 650).othersSince(start));
        assertEquals(OptionalDouble.of(0), load(1200, 5200, 720).othersSince(start));
        assertEquals(OptionalDouble.empty(), load(1050, 5049, 500).othersSince(start));
    }
}
