package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory of a process that generates often, and of one that loads models often. */
@Timeout(300)
class LanguageModelLeakTest {

    @TempDir private Path folder;

    @BeforeAll
    static void needsLinux() {
        MeasuredProcess.needsLinux();
    }

    @Test
    void twoThousandGenerationsLeaveNothingBehind() throws Exception {
        double[] bytes = run("generate", 200);
        double perGeneration =
                MeasuredProcess.slope(Arrays.copyOfRange(bytes, 60, bytes.length)) / 10;
        assertTrue(
                perGeneration < 512,
                () -> perGeneration + " bytes a generation: " + Arrays.toString(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2_bf16", "recurrentgemma_bf16"})
    void aThousandConversationsLeaveNothingBehind(String name) throws Exception {
        double[] bytes = MeasuredProcess.run(folder, ConversationRuns.class, name, "200");
        double perConversation =
                MeasuredProcess.slope(Arrays.copyOfRange(bytes, 60, bytes.length)) / 5;
        assertTrue(
                perConversation < 1024,
                () -> perConversation + " bytes a conversation: " + Arrays.toString(bytes));
    }

    /** Each round saves two states, the larger of 180 kB and more, and restores three. */
    @ParameterizedTest
    @ValueSource(strings = {"gemma2_bf16", "recurrentgemma_bf16"})
    void twoHundredSavedStatesLeaveNothingBehind(String name) throws Exception {
        double[] bytes = MeasuredProcess.run(folder, SavedStateRuns.class, name, "200");
        assertEquals(200, bytes.length);
        double perRound = MeasuredProcess.slope(Arrays.copyOfRange(bytes, 60, bytes.length));
        assertTrue(perRound < 4096, () -> perRound + " bytes a round: " + Arrays.toString(bytes));
    }

    /** A model has a megabyte of weights, and as much in its tokenizer and kernels. */
    @Test
    void thirtyModelsLeaveNothingBehind() throws Exception {
        double[] bytes = run("load", 30);
        double perModel = MeasuredProcess.slope(Arrays.copyOfRange(bytes, 8, bytes.length));
        assertTrue(
                perModel < 128 << 10, () -> perModel + " bytes a model: " + Arrays.toString(bytes));
    }

    private double[] run(String what, int count) throws Exception {
        double[] samples =
                MeasuredProcess.run(folder, GenerationRuns.class, what, Integer.toString(count));
        assertEquals(count, samples.length);
        return samples;
    }
}
