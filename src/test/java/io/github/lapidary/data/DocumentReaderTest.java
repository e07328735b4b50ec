package io.github.lapidary.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentReaderTest {

    @TempDir private Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("file"), bytes);
    }

    private Path file(String text) throws IOException {
        return file(text.getBytes(UTF_8));
    }

    private static List<String> documents(TextSource source) throws IOException {
        List<String> documents = new ArrayList<>();
        DocumentReader.read(source, (text, bytesRead) -> documents.add(text));
        return documents;
    }

    private void assertRefused(TextSource source, String problem) {
        MalformedFileException refusal =
                assertThrows(MalformedFileException.class, () -> documents(source));
        assertEquals(source.file() + ": " + problem, refusal.getMessage());
    }

    @Test
    void aFileIsOneDocumentWithEveryCharacter() throws IOException {
        String text = "  one\r\n\r\n\ttwo\rthree\n\nfünf 🙂\u2028end ";
        assertEquals(List.of(text), documents(TextSource.document(file(text))));
        // A character of several bytes and places at every offset of the buffers.
        String wide = "x🙂é日".repeat(40_000);
        for (int i = 0; i < 10; i++) {
            String shifted = "y".repeat(i) + wide;
            assertEquals(List.of(shifted), documents(TextSource.document(file(shifted))));
        }
        assertEquals(List.of("text"), documents(TextSource.document(file("\uFEFFtext"))));
    }

    @Test
    void separatorsPartDocuments() throws IOException {
        Path file = file("<end>\na\n\nb\n<end>\n \n<end>\r\nc <end>\n<end>\nd\n<end>");
        assertEquals(
                List.of("a\n\nb\n", "c <end>\n", "d\n"),
                documents(TextSource.separated(file, "<end>")));
        Path verses = file("a\nb\n\n\nc\n \nd");
        assertEquals(List.of("a\nb\n", "c\n", "d"), documents(TextSource.separated(verses, "")));
        assertThrows(IllegalArgumentException.class, () -> TextSource.separated(verses, "a\nb"));
    }

    @Test
    void jsonLinesHoldDocuments() throws IOException {
        Path file =
                file(
                        "{\"id\": 1, \"text\": \"one\\n\\ud83d\\ude42\", \"more\": {\"text\": 2}}\n"
                                + "\n{\"text\": \"  \"}\r\n{\"text\":\"two\"}");
        assertEquals(List.of("one\n🙂", "two"), documents(TextSource.jsonLines(file, "text")));
        assertEquals(
                List.of("x"),
                documents(TextSource.jsonLines(file("{\"text\": 1, \"body\": \"x\"}"), "body")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"text": "a | expected a JSON object such as {"text": "…"}, found {"text": "a
                    "text" | expected a JSON object such as {"text": "…"}, found "text"
                    {"text": "a",} | expected a JSON object such as {"text": "…"}, found {"text": "a",}
                    {"text": 'a'} | expected a JSON object such as {"text": "…"}, found {"text": 'a'}
                    {"text": 1} | "text" is no text, or is there twice.
                    {"text": "a", "text": "b"} | "text" is no text, or is there twice.
                    {"body": "a"} | there is no "text" in the object.
                    {"text": "a"} {"text": "b"} | expected a JSON object such as {"text": "…"}, found {"text": "a"} {"text": "b"}
                    {"text": "a"}} | expected a JSON object such as {"text": "…"}, found {"text": "a"}}
                    """)
    void aWrongLineIsNamed(String line, String problem) throws IOException {
        Path file = file("{\"text\": \"fine\"}\n\n" + line + "\n{\"text\": \"fine\"}\n");
        assertRefused(TextSource.jsonLines(file, "text"), "line 3: " + problem);
    }

    @Test
    void whatIsNoTextIsRefusedWithThePlace() throws IOException {
        byte[] latin = ("a".repeat(100_000) + "é!").getBytes(ISO_8859_1);
        assertRefused(
                TextSource.document(file(latin)), "it is no UTF-8 text: see the byte at 100000.");
        byte[] cut = "aé".getBytes(UTF_8);
        assertRefused(
                TextSource.document(file(new byte[] {cut[0], cut[1]})),
                "it is no UTF-8 text: see the byte at 1.");
        assertRefused(
                TextSource.document(file("text".getBytes(UTF_16LE))),
                "it is binary, no text: see the byte at 1.");
        assertRefused(TextSource.document(file(" \n ")), "there is no text in it.");
        assertRefused(TextSource.jsonLines(file(""), "text"), "there is no text in it.");
        assertThrows(
                NoSuchFileException.class,
                () -> documents(TextSource.document(folder.resolve("none"))));
        assertThrows(IOException.class, () -> documents(TextSource.document(folder)));
    }
}
