package io.github.lapidary.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.lapidary.config.Presets;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.nn.GatedFeedForward;
import io.github.lapidary.nn.KernelBlock;
import io.github.lapidary.nn.RecurrentMixer;
import io.github.lapidary.nn.RelativeAttention;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kernels unpack weights by place, so the names in their first line are held against the order of
 * the blocks.
 */
class ParameterOrderTest {

    @ParameterizedTest
    @CsvSource({"gemma-2b, layer1", "gemma-2-2b, layer2", "gemma-3-1b, layer3"})
    void ofLayers(String preset, String function) throws IOException {
        CausalLanguageModel model = Models.of(Presets.get(preset));
        for (int i = 0; i < model.config().numHiddenLayers(); i++) {
            KernelBlock layer = (KernelBlock) model.at("layers." + i);
            assertEquals(unpacked("gemma", function), names(layer));
        }
    }

    @Test
    void ofTheLayersOfGriffin() throws IOException {
        CausalLanguageModel model = Models.of(Presets.get("recurrentgemma-2b"));
        for (String function : List.of("before_scan", "after_scan")) {
            assertEquals(unpacked("griffin", function), names((KernelBlock) model.at("layers.0")));
        }
        assertEquals(unpacked("griffin", "attention"), names((KernelBlock) model.at("layers.2")));
    }

    @Test
    void ofTheLayersOfGlam() throws IOException {
        for (boolean sparse : new boolean[] {false, true}) {
            GlamLayer layer = new GlamLayer(GlamSparseLayerTest.config(8, 0), sparse);
            assertEquals(unpacked("glam", sparse ? "sparse" : "dense"), names(layer));
            RelativeAttention attention = (RelativeAttention) layer.at("self_attn");
            assertEquals(unpacked("relative", "attention"), names(attention));
        }
    }

    @Test
    void ofTheRecurrentMixer() throws IOException {
        for (String function : List.of("mixer_inputs", "mixer_output")) {
            assertEquals(unpacked("recurrent", function), names(new RecurrentMixer(4, 4, 2, 3)));
        }
    }

    @Test
    void ofTheFeedForward() throws IOException {
        assertEquals(unpacked("feed_forward", "geglu_alone"), names(new GatedFeedForward(2, 3)));
    }

    /** Returns the names of the blocks that have parameters, in their order. */
    private static List<String> names(KernelBlock block) {
        return block.parametersByPath().keySet().stream()
                .map(path -> path.substring(0, path.lastIndexOf('.')))
                .map(owner -> owner.substring(owner.lastIndexOf('.') + 1))
                .distinct()
                .toList();
    }

    /** Returns the names that a function's first line unpacks its weights to. */
    private static List<String> unpacked(String topic, String function) throws IOException {
        try (InputStream in = KernelModule.class.getResourceAsStream(topic + ".py")) {
            String source = new String(in.readAllBytes(), UTF_8);
            Matcher line =
                    Pattern.compile(
                                    "def "
                                            + function
                                            + "\\([^)]*\\) -> [^:]+:\n"
                                            + "(?:  #.*\n)*"
                                            + "  ([\\w, ]+) = w\n")
                            .matcher(source);
            assertEquals(true, line.find(), topic + "." + function + " unpacks w first");
            return List.of(line.group(1).split(", "));
        }
    }
}
