package io.github.lapidary.kernel.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProcessorTest {

    @Test
    void prefersTheSameFormatAlways() {
        WeightFormat preferred = Processor.preferredFormat(Device.cpu());
        assertEquals(true, EnumSet.allOf(WeightFormat.class).contains(preferred));
        assertEquals(preferred, Processor.preferredFormat(Device.cpu()));
        assertEquals(WeightFormat.BFLOAT16, Processor.preferredFormat(Device.gpu()));
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void formatsAreReadByTheNamesTheyPrint(WeightFormat format) {
        assertEquals(format, WeightFormat.of(format.toString()));
    }

    @Test
    void unknownFormatsAreRefusedWithTheNames() {
        assertEquals(
                "The dtype is one of [float32, bfloat16], not int3.",
                assertThrows(IllegalArgumentException.class, () -> WeightFormat.of("int3"))
                        .getMessage());
    }
}
