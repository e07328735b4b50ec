package io.github.lapidary.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A text with the tokens that Hugging Face's tokenizer made of it. */
record GoldenText(
        String text,
        List<Integer> ids,
        @SerializedName("ids_with_bos") List<Integer> idsWithBos,
        List<String> tokens,
        String decoded,
        @SerializedName("decoded_skip_special") String decodedSkipSpecial) {

    static final Path GOLDEN = Path.of("src/test/resources/golden");

    static List<GoldenText> read(String file) throws IOException {
        try (Reader reader = Files.newBufferedReader(GOLDEN.resolve(file))) {
            List<GoldenText> texts = List.of(new Gson().fromJson(reader, GoldenText[].class));
            assertEquals(127, texts.size());
            return texts;
        }
    }

    int[] idArray() {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Checks all that the reference says of this text. */
    void check(Tokenizer tokenizer) {
        int[] known = idArray();
        assertEquals(ids, list(tokenizer.encode(text, false)), text);
        assertEquals(idsWithOneBos(), list(tokenizer.encode(text, true)), text);
        assertEquals(tokens, Arrays.stream(known).mapToObj(tokenizer::piece).toList(), text);
        assertEquals(decoded, tokenizer.decode(known, false), text);
        assertEquals(decodedSkipSpecial, tokenizer.decode(known, true), text);
    }

    /** Hugging Face doubles the BOS that a text begins with. */
    private List<Integer> idsWithOneBos() {
        boolean doubled = !ids.isEmpty() && ids.get(0).equals(idsWithBos.get(0));
        return doubled ? ids : idsWithBos;
    }

    private static List<Integer> list(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
