package io.github.lapidary.config;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConfigFuzzTest {

    private static final int ROUNDS = 2_000;
    private static final List<String> NAMES =
            List.of(
                    "gemma1_mqa",
                    "gemma2_bf16",
                    "gemma3_mqa",
                    "gemma3_multimodal_layout",
                    "recurrentgemma",
                    "recurrentgemma_bf16",
                    "glam",
                    "glam_alt");
    private static final List<String> PIECES =
            List.of(
                    "-",
                    "9",
                    "0",
                    ".",
                    "e9",
                    "\"",
                    "{",
                    "}",
                    "[",
                    "]",
                    ",",
                    ":",
                    "null",
                    "true",
                    "1e999",
                    "99999999999999999999",
                    "\\ud800",
                    "\u0000");

    @Test
    void mutatedConfigsAreReadOrRefused() throws IOException {
        Random random = new Random(7);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String name = NAMES.get(round % NAMES.size());
            byte[] bytes = Files.readAllBytes(Fixtures.tiny(name).resolve("config.json"));
            for (int i = random.nextInt(3); i >= 0; i--) {
                bytes = mutated(bytes, random);
            }
            try {
                ModelConfigReader.read(
                        Fixtures.FILE,
                        ConfigJson.parse(Fixtures.FILE, bytes),
                        GenerationDefaults.NONE);
            } catch (MalformedFileException e) {
                assertTrue(e.getMessage().startsWith(Fixtures.FILE + ": "), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > ROUNDS / 2, refused + " were refused");
        assertTrue(refused < ROUNDS, "some mutations change a number that may change");
    }

    private static byte[] mutated(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(5)) {
            case 0 -> Arrays.copyOf(bytes, Math.max(1, at));
            case 1 -> replaced(bytes, at, 1 + random.nextInt(12), "");
            case 2 -> replaced(bytes, at, 1, String.valueOf((char) random.nextInt(256)));
            case 3 -> replaced(bytes, at, random.nextInt(4), piece(random));
            default -> {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(30));
                String part = new String(bytes, at, length, StandardCharsets.ISO_8859_1);
                yield replaced(bytes, random.nextInt(bytes.length), 0, part);
            }
        };
    }

    private static String piece(Random random) {
        return PIECES.get(random.nextInt(PIECES.size()));
    }

    private static byte[] replaced(byte[] bytes, int at, int length, String piece) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = Math.min(text.length(), at + length);
        String changed = text.substring(0, at) + piece + text.substring(end);
        return changed.isEmpty() ? bytes : changed.getBytes(StandardCharsets.ISO_8859_1);
    }
}
