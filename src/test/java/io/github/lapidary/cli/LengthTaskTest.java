package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LengthTaskTest {

    @Test
    void generatedLengthDoublesUpToTheWhole() {
        List<LengthTask> tasks = LengthTask.of(List.of(512), 600);

        assertEquals(
                List.of(
                        List.of("prefill512", "decode_ctx512"),
                        List.of(
                                "decode128_after2048",
                                "decode256_after2048",
                                "decode512_after2048",
                                "decode600_after2048")),
                tasks.stream()
                        .map(task -> task.metrics().stream().map(m -> m.name()).toList())
                        .toList());
        assertEquals(32, tasks.get(0).steps());
        assertEquals(0, tasks.get(0).only(m -> m.name().equals("prefill512")).steps());
        assertEquals(600, tasks.get(1).steps());
        assertEquals(2648, tasks.get(1).metrics().get(3).context());
    }

    @Test
    void speedsComeFromTheTimesOfARun() {
        SpeedRun run = new SpeedRun(100, 4, 1, 0.5, 8, 0.5);

        assertEquals(25, LengthCurve.PREFILL.at(100).speed().applyAsDouble(run));
        assertEquals(1 / 0.75, LengthCurve.AT_CONTEXT.at(100).speed().applyAsDouble(run));
        assertEquals(2 / 1.5, LengthCurve.GENERATED.at(2).speed().applyAsDouble(run));
        assertEquals(0.4, LengthCurve.GENERATED.at(4).speed().applyAsDouble(run));
    }

    @Test
    void aCurveKnowsItsMetrics() {
        assertEquals(OptionalInt.of(512), LengthCurve.PREFILL.tokens("prefill512"));
        assertEquals(OptionalInt.of(64), LengthCurve.GENERATED.tokens("decode64_after2048"));
        assertEquals(OptionalInt.empty(), LengthCurve.GENERATED.tokens("decode64_after16"));
        assertEquals(OptionalInt.empty(), LengthCurve.GENERATED.tokens("decode_ctx2048"));
        assertEquals(OptionalInt.of(2048), LengthCurve.AT_CONTEXT.tokens("decode_ctx2048"));
    }
}
