package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import io.github.lapidary.RealModels;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The released Gemma 3 270M, from text to text. */
@Tag("real")
class RealCommandLineTest {

    private static final String MODEL = "gemma-3-270m-q4_k_m.gguf";

    @Test
    void continuesATextAsTheReferenceDoes() throws IOException {
        JsonObject golden =
                JsonParser.parseString(Files.readString(Golden.path("real_gemma-3-270m/text.json")))
                        .getAsJsonObject();
        String prompt = golden.get("prompts").getAsJsonArray().get(0).getAsString();

        CommandLineRun run =
                CommandLineRun.of(
                        "generate",
                        "--model",
                        RealModels.file(MODEL).toString(),
                        "--dtype",
                        "float32",
                        "--max-new-tokens",
                        "64",
                        prompt);

        assertEquals(golden.get("f32dequant.p0").getAsString(), run.result());
    }

    @Test
    void scoresATextAsTheReferenceDoes() throws IOException {
        JsonObject golden =
                JsonParser.parseString(Files.readString(Golden.path("real_gemma-3-270m/text.json")))
                        .getAsJsonObject();
        String text = Files.readString(Golden.path("real_gemma-3-270m/ppl_text.txt"));

        JsonObject line =
                CommandLineRun.of(
                                "score",
                                "--model",
                                RealModels.file(MODEL).toString(),
                                "--dtype",
                                "float32",
                                "--text",
                                text)
                        .line();

        JsonObject expected = golden.get("f32dequant.ppl").getAsJsonObject();
        assertEquals(expected.get("tokens").getAsInt(), line.get("ids").getAsJsonArray().size());
        assertEquals(expected.get("mean_nll").getAsDouble(), line.get("nll").getAsDouble(), 1e-4);
    }
}
