package io.github.lapidary.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.MeasuredProcess;
import io.github.lapidary.Tiny;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** RecurrentGemma reads and writes without end, in memory that does not grow. */
class LongTextTest {

    /** Of the process less than 23 bytes a token, of what Java holds less than 3. */
    private static final double[] LARGEST_GROWTH = {2 << 20, 2 << 20, 1 << 18};

    @TempDir private Path folder;

    /**
     * A prompt in chunks, then token by token, which the stream forgets. By hand also with 10,000
     * that are read and 90,000 that are written, which takes minutes.
     */
    @Test
    @Timeout(300)
    void memoryAfterAHundredThousandTokensIsThatAfterTenThousand() throws Exception {
        MeasuredProcess.needsLinux();
        double[] samples = MeasuredProcess.run(folder, LongTextRun.class, "65000", "35000");
        assertEquals(3 * 100_000 / LongTextRun.STRIDE, samples.length);
        for (int i = 3; i < samples.length; i++) {
            double growth = samples[i] - samples[i % 3];
            assertTrue(growth < LARGEST_GROWTH[i % 3], () -> Arrays.toString(samples));
        }
    }

    /** Hugging Face's configuration may hold a length, which the model does not need. */
    @Test
    void noLengthOfTheConfigurationEndsAText() throws Exception {
        Tiny.copyWithContext("recurrentgemma", folder.resolve("model"), 64);
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(30).ignoreEos(true).build();
        try (LanguageModel model =
                LanguageModel.load(folder.resolve("model"), LoadOptions.defaults())) {
            for (int prompt : new int[] {50, 64, 65, 700}) {
                GenerationRequest request = new GenerationRequest(Tiny.prompt(prompt), options);
                GenerationResult result = model.generate(List.of(request)).get(0);
                assertEquals(30, result.tokens().size());
            }
        }
    }
}
