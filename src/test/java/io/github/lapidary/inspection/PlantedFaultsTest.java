package io.github.lapidary.inspection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.inspection.Finding.Severity;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each fault that is planted in a sound checkpoint is found, and nothing but that. */
class PlantedFaultsTest {

    @TempDir private Path temporary;

    private Tampered copy(String tiny) throws IOException {
        return Tampered.copy(tiny, temporary.resolve("model"));
    }

    private static List<Finding> findings(Tampered checkpoint) throws IOException {
        return Inspection.of(checkpoint.folder(), InspectionOptions.defaults()).findings().stream()
                .filter(finding -> finding.severity() != Severity.NOTE)
                .toList();
    }

    private static void assertFound(
            Tampered checkpoint, Severity severity, String what, String where) throws IOException {
        List<Finding> findings = findings(checkpoint);
        assertEquals(1, findings.size(), findings::toString);
        Finding finding = findings.get(0);
        assertEquals(severity, finding.severity());
        assertEquals(what, finding.what());
        assertEquals(where, finding.where());
        assertTrue(finding.effect().length() > 10 && finding.remedy().length() > 10);
    }

    @Test
    void missingTensor() throws IOException {
        String name = "model.layers.2.mlp.up_proj.weight";
        assertFound(
                copy("gemma2").tensors(tensors -> tensors.remove(name)),
                Severity.ERROR,
                "A tensor is missing.",
                name);
    }

    @Test
    void unexpectedTensor() throws IOException {
        assertFound(
                copy("gemma2")
                        .tensors(
                                tensors ->
                                        tensors.put(
                                                "model.head.weight",
                                                tensors.get("model.embed_tokens.weight"))),
                Severity.ERROR,
                "The model has no parameter for a tensor.",
                "model.head.weight");
    }

    private Tampered withHead(UnaryOperator<Tampered.Tensor> change) throws IOException {
        return copy("gemma2")
                .tensors(
                        tensors ->
                                tensors.put(
                                        "lm_head.weight",
                                        change.apply(tensors.get("model.embed_tokens.weight"))));
    }

    @Test
    void outputMatrixOfItsOwn() throws IOException {
        assertFound(
                withHead(tensor -> tensor.withFirst(1)),
                Severity.ERROR,
                "An output matrix is not the embedding that it is tied to: it holds other numbers"
                        + " than model.embed_tokens.weight; an output matrix of its own is not"
                        + " supported.",
                "lm_head.weight");
    }

    @Test
    void outputMatrixOfAnotherShape() throws IOException {
        assertFound(
                withHead(tensor -> tensor.firstRows(600)),
                Severity.ERROR,
                "An output matrix is not the embedding that it is tied to: expected F32 [640, 72]"
                        + " as that of model.embed_tokens.weight, found F32 [600, 72]; an output"
                        + " matrix of its own is not supported.",
                "lm_head.weight");
    }

    @Test
    void outputMatrixThatIsTheEmbeddingIsNoFault() throws IOException {
        assertEquals(List.of(), findings(withHead(UnaryOperator.identity())));
    }

    @Test
    void transposedMatrices() throws IOException {
        assertFound(
                copy("gemma2").tensors(".*o_proj.*", tensor -> tensor.reshaped(128L, 72L)),
                Severity.ERROR,
                "A tensor has the wrong shape: expected (72, 128), found (128, 72).",
                "model.layers.#.self_attn.o_proj.weight, layers 0-3");
    }

    @Test
    void numbersOfAQuantisationUnknownHere() throws IOException {
        assertFound(
                copy("gemma2").tensors(".*[13].*down_proj.*", t -> t.typed(StoredType.I8)),
                Severity.ERROR,
                "A tensor is stored as I8, which weights are not.",
                "model.layers.#.mlp.down_proj.weight, layers 1, 3");
    }

    @Test
    void missingExperts() throws IOException {
        assertFound(
                copy("glam")
                        .tensors(
                                tensors ->
                                        tensors.keySet()
                                                .removeIf(e -> e.matches(".*experts.[67].*"))),
                Severity.ERROR,
                "The configuration and the tensors differ in the number of experts: expected 8,"
                        + " found 6.",
                "num_experts");
    }

    @Test
    void transposedExperts() throws IOException {
        assertFound(
                copy("glam").tensors(".*experts.*wi.*", tensor -> tensor.reshaped(48L, 80L)),
                Severity.ERROR,
                "A tensor has the wrong shape: expected (80, 48), found (48, 80).",
                "model.layers.#.moe.experts.*.wi.weight, layers 0, 2");
    }

    @Test
    void numberOfLayersOfAnotherModel() throws IOException {
        assertFound(
                copy("gemma1_mha")
                        .json(json -> json.addProperty("num_hidden_layers", 2), "config.json"),
                Severity.ERROR,
                "The configuration and the tensors differ in the number of layers: expected 2,"
                        + " found 3.",
                "num_hidden_layers");
    }

    @Test
    void sizeOfAnotherModel() throws IOException {
        List<Finding> findings =
                findings(
                        copy("gemma2")
                                .json(
                                        json -> json.addProperty("num_key_value_heads", 4),
                                        "config.json"));

        assertEquals(
                List.of(
                        "model.layers.#.self_attn.k_proj.weight, layers 0-3",
                        "model.layers.#.self_attn.v_proj.weight, layers 0-3"),
                findings.stream().map(Finding::where).toList());
        for (Finding finding : findings) {
            assertEquals(
                    "A tensor has the wrong shape: expected (128, 72), found (64, 72).",
                    finding.what());
        }
    }

    @Test
    void keysThatContradictEachOther() throws IOException {
        assertFound(
                copy("gemma3_mqa")
                        .json(
                                json -> json.addProperty("sliding_window_pattern", 6L * 2),
                                "config.json"),
                Severity.ERROR,
                "layer_types: [SLIDING_ATTENTION, SLIDING_ATTENTION, SLIDING_ATTENTION,"
                        + " SLIDING_ATTENTION, SLIDING_ATTENTION, FULL_ATTENTION] contradicts"
                        + " sliding_window_pattern, which is 12.",
                "config.json");
    }

    @Test
    void valuesThatAreNoNumbers() throws IOException {
        assertFound(
                copy("gemma2")
                        .tensors(".*layers\\.1.*q_proj.*", tensor -> tensor.withFirst(Float.NaN)),
                Severity.ERROR,
                "Of 9,216 values, 1 are not numbers and 0 are infinite.",
                "model.layers.1.self_attn.q_proj.weight");
    }

    @Test
    void infiniteValues() throws IOException {
        assertFound(
                copy("gemma2")
                        .tensors(
                                ".*embed_tokens.*",
                                tensor -> tensor.withFirst(Float.NEGATIVE_INFINITY)),
                Severity.ERROR,
                "Of 46,080 values, 0 are not numbers and 1 are infinite.",
                "model.embed_tokens.weight");
    }

    @Test
    void tensorOfZeros() throws IOException {
        assertFound(
                copy("gemma2").tensors(".*layers\\.3.*down_proj.*", tensor -> tensor.map(x -> 0)),
                Severity.WARNING,
                "All values of a tensor are 0.0.",
                "model.layers.3.mlp.down_proj.weight");
    }

    @Test
    void normsWithOneAdded() throws IOException {
        assertFound(
                copy("gemma2").tensors(".*norm.*", tensor -> tensor.map(x -> x + 1)),
                Severity.WARNING,
                "Norm weights look as if 1 had been added to them already.",
                "the norms of all layers");
    }

    @Test
    void normsOfOneNameWithOneAdded() throws IOException {
        assertFound(
                copy("gemma3_ropescale").tensors(".*q_norm.*", tensor -> tensor.map(x -> x + 1)),
                Severity.WARNING,
                "Norm weights look as if 1 had been added to them already.",
                "model.layers.#.self_attn.q_norm.weight, layers 0-6");
    }

    @Test
    void normsWithOneTakenOff() throws IOException {
        assertFound(
                copy("gemma2").tensors(".*norm.*", tensor -> tensor.map(x -> x - 1)),
                Severity.WARNING,
                "Norm weights look as if 1 had been taken off.",
                "the norms of all layers");
    }

    @Test
    void tokenizerLargerThanTheEmbedding() throws IOException {
        assertFound(
                copy("gemma2")
                        .json(json -> json.addProperty("vocab_size", 560), "config.json")
                        .tensors(".*embed_tokens.*", tensor -> tensor.firstRows(560)),
                Severity.ERROR,
                "The tokenizer has 569 tokens, the embedding 560 rows.",
                "vocab_size");
    }

    @Test
    void tokenizerOfASmallerModel() throws IOException {
        assertFound(
                copy("gemma2")
                        .json(json -> json.addProperty("vocab_size", 1000), "config.json")
                        .tensors(
                                tensors ->
                                        tensors.computeIfPresent(
                                                "model.embed_tokens.weight",
                                                (name, tensor) -> tensor.firstRows(1000))),
                Severity.WARNING,
                "The tokenizer has 569 tokens, the embedding 1,000 rows.",
                "vocab_size");
    }

    @Test
    void anotherFirstToken() throws IOException {
        assertFound(
                copy("gemma2")
                        .json(
                                json -> json.addProperty("bos_token_id", 3),
                                "config.json",
                                "generation_config.json"),
                Severity.ERROR,
                "The token that begins every text is 3 in the configuration and 2 (<bos>) in the"
                        + " tokenizer.",
                "bos_token_id");
    }

    @Test
    void filesThatDifferInTheFirstToken() throws IOException {
        assertFound(
                copy("gemma2")
                        .json(
                                json -> json.addProperty("bos_token_id", 3),
                                "generation_config.json"),
                Severity.WARNING,
                "config.json states the first token [2], generation_config.json [3].",
                "bos_token_id");
    }

    @Test
    void endTokenThatIsOrdinary() throws IOException {
        JsonArray ends = new JsonArray();
        ends.add(1);
        ends.add(13);
        ends.add(300);
        Tampered checkpoint =
                copy("gemma3_mqa")
                        .json(
                                json -> json.add("eos_token_id", ends),
                                "config.json",
                                "generation_config.json");

        List<Finding> findings = findings(checkpoint);

        assertEquals(1, findings.size(), findings::toString);
        assertTrue(findings.get(0).what().startsWith("The model is to stop at 300 ("));
        assertEquals("eos_token_id", findings.get(0).where());
    }

    @Test
    void templateWithoutBos() throws IOException {
        assertFound(
                copy("gemma2").template(template -> template.replace("{{ bos_token }}", "")),
                Severity.ERROR,
                "Rendered conversations do not begin with 2 (<bos>).",
                "the chat template");
    }

    @Test
    void templateWithTwoBos() throws IOException {
        assertFound(
                copy("gemma3_mqa").template(template -> "<bos>" + template),
                Severity.WARNING,
                "A rendered conversation has the token 2 (<bos>) 2 times, first at its beginning.",
                "the chat template");
    }

    @Test
    void templateThatIsBroken() throws IOException {
        Tampered checkpoint =
                copy("gemma2").template(template -> template.replace("{% endfor %}", ""));

        List<Finding> findings = findings(checkpoint);

        assertEquals(1, findings.size(), findings::toString);
        assertEquals("tokenizer_config.json", findings.get(0).where());
        assertEquals(Severity.ERROR, findings.get(0).severity());
    }

    @Test
    void templateThatRefusesEverything() throws IOException {
        assertFound(
                copy("gemma2").template(template -> "{{ raise_exception('Not today.') }}"),
                Severity.ERROR,
                "The template refuses a plain conversation: Not today.",
                "the chat template");
    }

    @Test
    void endTokensWithoutTheOneThatTheTokenizerNames() throws IOException {
        assertFound(
                copy("gemma3_mqa")
                        .json(
                                json -> json.addProperty("eos_token_id", 1),
                                "config.json",
                                "generation_config.json"),
                Severity.WARNING,
                "The template ends a turn with 13 (<end_of_turn>), which is not among the end"
                        + " tokens [1]. tokenizer_config.json names it as the end token.",
                "eos_token_id");
    }

    @Test
    void endTokensOfAModelForConversations() throws IOException {
        assertFound(
                Tampered.copy("gemma2", temporary.resolve("gemma-2-2b-it")),
                Severity.WARNING,
                "The template ends a turn with 14 (<end_of_turn>), which is not among the end"
                        + " tokens [1]. By its name, gemma-2-2b-it, the model is for conversations.",
                "eos_token_id");
    }

    @Test
    void missingShard() throws IOException {
        Tampered checkpoint = copy("gemma1_mqa");
        Files.delete(checkpoint.folder().resolve("model-00002-of-00003.safetensors"));
        assertFound(
                checkpoint,
                Severity.ERROR,
                "1 of the 3 shards are missing: model-00002-of-00003.safetensors.",
                "model.safetensors.index.json");
    }

    @Test
    void fileThatEndsEarly() throws IOException {
        Tampered checkpoint = copy("gemma2");
        Path file = checkpoint.folder().resolve("model.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(1_000_000);
        }

        List<Finding> findings = findings(checkpoint);

        assertEquals(1, findings.size(), findings::toString);
        assertTrue(findings.get(0).what().endsWith("but the file ends at 1000000."));
        assertEquals("model.safetensors", findings.get(0).where());
    }

    @Test
    void brokenTokenizer() throws IOException {
        Tampered checkpoint = copy("gemma2");
        Files.writeString(checkpoint.folder().resolve("tokenizer.json"), "{\"model\": 3}");

        List<Finding> findings = findings(checkpoint);

        assertEquals(1, findings.size(), findings::toString);
        assertEquals("tokenizer.json", findings.get(0).where());
        assertEquals(Severity.ERROR, findings.get(0).severity());
    }
}
