package io.github.lapidary.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTrainingTest {

    @TempDir private Path folder;

    private static List<TextSource> texts() {
        return List.of(TextSource.document(Texts.TRAINING));
    }

    private static String[] pieces(Tokenizer tokenizer, String text) {
        return Arrays.stream(tokenizer.encode(text, false))
                .mapToObj(tokenizer::piece)
                .toArray(String[]::new);
    }

    private static JsonObject model(Path folder) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve("tokenizer.json")))
                .getAsJsonObject()
                .getAsJsonObject("model");
    }

    @Test
    void theSameTextGivesTheSameFiles() throws IOException {
        List<Long> heard = new ArrayList<>();
        TokenizerTraining.Result result =
                TokenizerTraining.train(
                        texts(), Texts.VOCABULARY_SIZE, folder, (done, total) -> heard.add(done));

        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            assertEquals(
                    Files.readString(Texts.TOKENIZER.resolve(name)),
                    Files.readString(folder.resolve(name)));
        }
        assertEquals(Files.size(Texts.TRAINING), result.textBytes());
        assertEquals(Texts.VOCABULARY_SIZE, result.vocabularySize());
        assertEquals(100, heard.get(heard.size() - 1));
        assertEquals(heard.stream().sorted().toList(), heard);
    }

    @Test
    void theOrderOfTheFilesDoesNotMatter() throws IOException {
        List<TextSource> parts = new ArrayList<>();
        List<String> lines = Files.readAllLines(Texts.TRAINING);
        for (int i = 0; i < 3; i++) {
            Path part = folder.resolve(i + ".txt");
            int third = i;
            Files.write(
                    part,
                    IntStream.range(0, lines.size())
                            .filter(line -> line % 3 == third)
                            .mapToObj(lines::get)
                            .toList());
            parts.add(TextSource.document(part));
        }
        Path one = folder.resolve("one");
        Path other = folder.resolve("other");
        TokenizerTraining.train(parts, 500, one, ProgressListener.NONE);
        List<TextSource> turned = List.of(parts.get(2), parts.get(0), parts.get(1));
        TokenizerTraining.train(turned, 500, other, ProgressListener.NONE);

        assertEquals(
                Files.readString(one.resolve("tokenizer.json")),
                Files.readString(other.resolve("tokenizer.json")));
    }

    @Test
    void idsAreThoseOfHuggingFacesPythonLibrary() throws IOException {
        Path file = Texts.TOKENIZER.resolveSibling("ids.json");
        JsonArray references = JsonParser.parseString(Files.readString(file)).getAsJsonArray();
        try (Tokenizer tokenizer = Texts.tokenizer()) {
            for (JsonElement reference : references) {
                String text = reference.getAsJsonObject().get("text").getAsString();
                int[] expected =
                        reference.getAsJsonObject().getAsJsonArray("ids").asList().stream()
                                .mapToInt(JsonElement::getAsInt)
                                .toArray();
                assertArrayEquals(expected, tokenizer.encode(text, false), text);
                assertEquals(text.replace('▁', ' '), tokenizer.decode(expected, false));
            }
        }
        assertTrue(references.size() > 30);
    }

    @Test
    void everyTextComesBack() throws IOException {
        Random random = new Random(1);
        try (Tokenizer tokenizer = Texts.tokenizer()) {
            for (int i = 0; i < 1000; i++) {
                String text = Texts.random(random);
                assertEquals(text, tokenizer.decode(tokenizer.encode(text, false), false));
            }
        }
    }

    @Test
    void controlsAndBytesHaveTheFirstIds() throws IOException {
        try (Tokenizer tokenizer = Texts.tokenizer()) {
            List<String> controls =
                    List.of(
                            "<pad>",
                            "<eos>",
                            "<bos>",
                            "<unk>",
                            "<mask>",
                            "<start_of_turn>",
                            "<end_of_turn>");
            for (int id = 0; id < controls.size(); id++) {
                assertEquals(controls.get(id), tokenizer.piece(id));
                assertTrue(tokenizer.isSpecial(id));
            }
            for (int value = 0; value < 256; value++) {
                assertEquals("<0x%02X>".formatted(value), tokenizer.piece(7 + value));
                assertFalse(tokenizer.isSpecial(7 + value));
            }
            assertEquals(Texts.VOCABULARY_SIZE, tokenizer.size());
            assertEquals(2, tokenizer.bosId());
        }
    }

    @Test
    void noTokenCrossesABorder() throws IOException {
        int longest = 0;
        for (String piece : model(Texts.TOKENIZER).getAsJsonObject("vocab").keySet()) {
            if (piece.matches("<.+>|▁+")) {
                continue;
            }
            int[] characters = piece.codePoints().toArray();
            for (int i = 0; i + 1 < characters.length; i++) {
                assertFalse(WordBorders.GEMMA.between(characters[i], characters[i + 1]), piece);
            }
            longest = Math.max(longest, characters.length);
        }
        assertTrue(longest > 4);
    }

    @Test
    void wordsAreEncodedAsTheyAreAlone() throws IOException {
        Random random = new Random(2);
        try (Tokenizer tokenizer = Texts.tokenizer()) {
            for (int i = 0; i < 300; i++) {
                String text = Texts.random(random).replaceAll(" +", " ");
                List<Integer> ids = new ArrayList<>();
                for (String word : words(text)) {
                    Arrays.stream(tokenizer.encode(word, false)).forEach(ids::add);
                }
                assertArrayEquals(
                        ids.stream().mapToInt(id -> id).toArray(), tokenizer.encode(text, false));
            }
        }
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        int before = -1;
        for (int next : text.replace(' ', '▁').codePoints().toArray()) {
            if (before >= 0 && WordBorders.GEMMA.between(before, next)) {
                words.add(word.toString());
                word.setLength(0);
            }
            word.appendCodePoint(next);
            before = next;
        }
        words.add(word.toString());
        return words;
    }

    @Test
    void spacesDigitsAndSignsFallApartAsInGemma() throws IOException {
        try (Tokenizer tokenizer = Texts.tokenizer()) {
            assertArrayEquals(new String[] {"▁▁▁", "▁the"}, pieces(tokenizer, "    the"));
            assertArrayEquals(
                    new String[] {"▁the", "▁▁", "\n\n", "▁the"},
                    pieces(tokenizer, " the  \n\n the"));
            assertArrayEquals(
                    new String[] {"▁", "1", "8", "1", "1", ",", "▁the", "."},
                    pieces(tokenizer, " 1811, the."));
            assertArrayEquals(
                    new String[] {"▁".repeat(16), "▁".repeat(16), "▁▁"},
                    pieces(tokenizer, " ".repeat(34)));
        }
    }

    /** Learns merges by counting everything again for each. */
    private static List<List<String>> plainMerges(List<List<String>> words, int pieces) {
        Map<String, Integer> order = new HashMap<>();
        alphabet(words).forEach(character -> order.put(character, order.size()));
        int end = order.size() + pieces;
        List<List<String>> merges = new ArrayList<>();
        while (order.size() < end) {
            Map<List<String>, Integer> counts = new HashMap<>();
            for (List<String> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(List.copyOf(word.subList(i, i + 2)), 1, Integer::sum);
                }
            }
            List<String> best =
                    counts.keySet().stream()
                            .min(
                                    Comparator.comparingInt(
                                                    (List<String> pair) -> -counts.get(pair))
                                            .thenComparing(pair -> order.get(pair.get(0)))
                                            .thenComparing(pair -> order.get(pair.get(1))))
                            .orElseThrow();
            merges.add(best);
            order.putIfAbsent(String.join("", best), order.size());
            for (List<String> word : words) {
                for (int i = 0; i + 1 < word.size(); i++) {
                    if (word.subList(i, i + 2).equals(best)) {
                        word.set(i, String.join("", best));
                        word.remove(i + 1);
                    }
                }
            }
        }
        return merges;
    }

    private static List<String> alphabet(List<List<String>> words) {
        Map<String, Integer> counts = new HashMap<>();
        words.forEach(word -> word.forEach(part -> counts.merge(part, 1, Integer::sum)));
        List<String> alphabet = new ArrayList<>(List.of("▁"));
        counts.keySet().stream()
                .filter(part -> !part.equals("▁"))
                .sorted(
                        Comparator.comparingInt((String part) -> -counts.get(part))
                                .thenComparing(part -> part.codePointAt(0)))
                .forEach(alphabet::add);
        return alphabet;
    }

    @Test
    void mergesAreThoseOfPlainCounting() throws IOException {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            text.append(" aaaabbc,".charAt(random.nextInt(9)));
        }
        Path file = Files.writeString(folder.resolve("text"), text);
        int pieces = 120;
        List<List<String>> words = new ArrayList<>();
        for (String word : words(text.toString())) {
            words.add(new ArrayList<>(word.codePoints().mapToObj(Character::toString).toList()));
        }
        int size = TokenizerFiles.RESERVED + alphabet(words).size() + pieces;

        TokenizerTraining.train(
                List.of(TextSource.document(file)),
                size,
                folder.resolve("out"),
                ProgressListener.NONE);

        List<List<String>> merges = new ArrayList<>();
        for (JsonElement merge : model(folder.resolve("out")).getAsJsonArray("merges")) {
            merges.add(
                    merge.getAsJsonArray().asList().stream()
                            .map(JsonElement::getAsString)
                            .toList());
        }
        int runs = 15; // of spaces, at the end
        assertEquals(plainMerges(words, pieces), merges.subList(0, merges.size() - runs));
    }

    @Test
    void filesThatAreThereAreNoticedBeforeTheWork() throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
        assertThrows(
                FileAlreadyExistsException.class,
                () ->
                        TokenizerTraining.train(
                                texts(),
                                400,
                                folder,
                                (done, total) -> {
                                    throw new IllegalStateException("the work has begun");
                                }));
    }

    @Test
    void whatCannotBeTrainedIsRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> TokenizerTraining.train(texts(), 279, folder, ProgressListener.NONE));
        IllegalArgumentException tooLarge =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                TokenizerTraining.train(
                                        texts(), 100_000, folder, ProgressListener.NONE));
        assertTrue(
                tooLarge.getMessage().matches("The texts have pieces for .* not of 100000: .*"),
                tooLarge.getMessage());
        assertThrows(
                FileAlreadyExistsException.class,
                () ->
                        TokenizerTraining.train(
                                texts(), 500, Texts.TOKENIZER, ProgressListener.NONE));
        assertEquals(0, folder.toFile().list().length);
    }
}
