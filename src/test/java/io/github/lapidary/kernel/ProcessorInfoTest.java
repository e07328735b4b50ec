package io.github.lapidary.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProcessorInfoTest {

    @Test
    void readsWhatLinuxTells() {
        ProcessorInfo info =
                ProcessorInfo.parse(
                        List.of(
                                "processor\t: 0",
                                "vendor_id\t: AuthenticAMD",
                                "model name\t: A: B",
                                "flags\t\t: fpu avx2 avx512_bf16",
                                "",
                                "processor\t: 1",
                                "flags\t\t: fpu"));
        assertEquals(Optional.of("AuthenticAMD"), info.vendor());
        assertEquals(Optional.of("A: B"), info.name());
        assertEquals(Optional.of(Set.of("fpu", "avx2", "avx512_bf16")), info.features());
        assertFalse(info.isIntel());
    }

    @Test
    void readsWhatLinuxTellsOfOtherArchitectures() {
        ProcessorInfo info =
                ProcessorInfo.parse(
                        List.of("CPU implementer\t: 0x41", "Features\t: fp asimd i8mm bf16"));
        assertEquals(Optional.empty(), info.vendor());
        assertEquals(Optional.empty(), info.name());
        assertEquals(Optional.of(Set.of("fp", "asimd", "i8mm", "bf16")), info.features());
        assertTrue(info.isIntel(), "an unknown one is taken for what most are");
    }
}
