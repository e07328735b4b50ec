package io.github.lapidary.data;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.data.PairMerger.Merge;
import java.util.ArrayList;
import java.util.List;

/** The files of a tokenizer as Hugging Face writes those of Gemma. */
final class TokenizerFiles {

    /** As Gemma's; transformers would add a {@code <mask>} of its own beyond the last id. */
    private static final List<String> CONTROLS =
            List.of(
                    "<pad>",
                    "<eos>",
                    "<bos>",
                    "<unk>",
                    "<mask>",
                    "<start_of_turn>",
                    "<end_of_turn>");

    private static final int BYTES = 256;

    /** Of this many spaces there is a run; one of more is several tokens. */
    private static final int LONGEST_RUN = 16;

    /** How many tokens there are besides characters and what merges make of them. */
    static final int RESERVED = CONTROLS.size() + BYTES + LONGEST_RUN - 1;

    private static final String SPACE = Character.toString(WordBorders.SPACE);

    private static final Gson GSON =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

    /** All but vocabulary, merges and added tokens, as Gemma 3 has it. */
    private static final String TOKENIZER =
            """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
             "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
             "pre_tokenizer": {"type": "Split", "pattern": {"String": " "},
              "behavior": "MergedWithPrevious", "invert": false},
             "post_processor": {"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}}],
              "pair": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "<bos>", "type_id": 1}},
               {"Sequence": {"id": "B", "type_id": 1}}],
              "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}},
             "decoder": {"type": "Sequence", "decoders": [
              {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
              {"type": "ByteFallback"}, {"type": "Fuse"}]},
             "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>",
              "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": true,
              "byte_fallback": true, "ignore_merges": false, "vocab": {}, "merges": []}}
            """;

    private static final String CONFIGURATION =
            """
            {"add_bos_token": true, "add_eos_token": false, "added_tokens_decoder": {},
             "bos_token": "<bos>", "clean_up_tokenization_spaces": false, "eos_token": "<eos>",
             "model_max_length": 1000000000000000019884624838656, "pad_token": "<pad>",
             "padding_side": "left", "spaces_between_special_tokens": false,
             "tokenizer_class": "GemmaTokenizer", "unk_token": "<unk>",
             "use_default_system_prompt": false}
            """;

    private final int alphabetSize;
    private final List<String> pieces;
    private final List<Merge> merges;

    /**
     * @param alphabetSize how many of the pieces, at the beginning, are single characters
     * @param pieces the pieces, without control tokens, bytes and runs of spaces
     * @param merges how the others are made
     */
    TokenizerFiles(int alphabetSize, List<String> pieces, List<Merge> merges) {
        this.alphabetSize = alphabetSize;
        this.pieces = pieces;
        this.merges = merges;
    }

    /** Returns the text of {@code tokenizer.json}. */
    String tokenizer() {
        JsonObject root = JsonParser.parseString(TOKENIZER).getAsJsonObject();
        JsonArray added = root.getAsJsonArray("added_tokens");
        for (int id = 0; id < CONTROLS.size(); id++) {
            JsonObject token = new JsonObject();
            token.addProperty("id", id);
            addDescription(token, CONTROLS.get(id));
            added.add(token);
        }
        JsonObject model = root.getAsJsonObject("model");
        JsonObject vocabulary = model.getAsJsonObject("vocab");
        for (String token : vocabulary()) {
            vocabulary.addProperty(token, vocabulary.size());
        }
        for (Merge merge : merges) {
            model.getAsJsonArray("merges").add(pair(merge.left(), merge.right()));
        }
        // After all others, so that the last space of a run stays with the word that follows; the
        // longest first, so that a run grows from its left end.
        for (int length = LONGEST_RUN; length > 1; length--) {
            model.getAsJsonArray("merges").add(pair(SPACE.repeat(length - 1), SPACE));
        }
        return text(root);
    }

    /** Returns the text of {@code tokenizer_config.json}. */
    String configuration() {
        JsonObject root = JsonParser.parseString(CONFIGURATION).getAsJsonObject();
        JsonObject added = root.getAsJsonObject("added_tokens_decoder");
        for (int id = 0; id < CONTROLS.size(); id++) {
            JsonObject token = new JsonObject();
            addDescription(token, CONTROLS.get(id));
            added.add(Integer.toString(id), token);
        }
        return text(root);
    }

    private List<String> vocabulary() {
        List<String> vocabulary = new ArrayList<>(CONTROLS);
        for (int value = 0; value < BYTES; value++) {
            vocabulary.add("<0x%02X>".formatted(value));
        }
        vocabulary.addAll(pieces.subList(alphabetSize, pieces.size()));
        for (int length = 2; length <= LONGEST_RUN; length++) {
            vocabulary.add(SPACE.repeat(length));
        }
        vocabulary.addAll(pieces.subList(0, alphabetSize));
        return vocabulary;
    }

    private static void addDescription(JsonObject token, String control) {
        token.addProperty("content", control);
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
            token.addProperty(flag, false);
        }
        token.addProperty("special", true);
    }

    private static JsonArray pair(String left, String right) {
        JsonArray pair = new JsonArray(2);
        pair.add(left);
        pair.add(right);
        return pair;
    }

    private static String text(JsonElement root) {
        return GSON.toJson(root) + "\n";
    }
}
