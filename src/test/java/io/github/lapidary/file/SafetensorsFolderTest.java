package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFolderTest {

    private static final Path SHARDED = Resources.path("golden/tiny/gemma1_mqa");

    @TempDir private Path folder;

    @Test
    void mergesShards() throws IOException {
        SafetensorsFolder read = SafetensorsFolder.read(SHARDED);

        assertEquals(20, read.tensors().size());
        TensorEntry embedding = read.tensors().get("model.embed_tokens.weight");
        assertEquals(List.of(640L, 64L), embedding.shape());
        assertEquals(StoredType.BF16, embedding.type());
        TensorEntry norm = read.tensors().get("model.norm.weight");
        assertEquals(SHARDED.resolve("model-00003-of-00003.safetensors"), norm.file());
        assertEquals(270_976, read.tensors().values().stream().mapToLong(TensorEntry::bytes).sum());
    }

    @Test
    void prefersTheSingleFile() throws IOException {
        copyShards();
        Files.copy(shard(SHARDED, 3), folder.resolve("model.safetensors"));

        assertEquals(
                Safetensors.read(shard(SHARDED, 3)).tensors().keySet(),
                SafetensorsFolder.read(folder).tensors().keySet());
    }

    @Test
    void listsAllMissingShards() throws IOException {
        copyShards();
        Files.delete(shard(folder, 1));
        Files.delete(shard(folder, 3));

        assertRefused(
                "2 of the 3 shards are missing: model-00001-of-00003.safetensors,"
                        + " model-00003-of-00003.safetensors.");
    }

    @Test
    void refusesAnIndexThatContradictsTheShards() throws IOException {
        copyShards();
        String index = Files.readString(index());

        Files.writeString(index(), index.replace("\"model.norm.weight\"", "\"model.other\""));
        assertRefused(
                "Missing in their shard: model.other. Not named by the weight_map:"
                        + " model.norm.weight in model-00003-of-00003.safetensors.");

        Files.writeString(index(), index.replaceFirst("(norm.weight\": \"model-)0000.", "$100001"));
        assertRefused("Not named by the weight_map: model.layers.0.input_layernorm.weight in");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret.safetensors",
                "/etc/secret.safetensors",
                "a\\\\b.safetensors",
                "sub/model.safetensors",
                "C:model.safetensors",
                "model.bin",
                ".safetensors",
                "",
                "a\\u0000.safetensors",
            })
    void refusesShardsThatAreNoPlainNames(String shard) throws IOException {
        Files.writeString(index(), "{\"weight_map\": {\"a\": \"" + shard + "\"}}");
        assertRefused("which is no plain name of a safetensors file at $.weight_map.a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"weight_map\": {}}",
                "{\"weight_map\": {\"a\": 1}}",
                "{\"weight_map\": {\"a\": \"m.safetensors\", \"a\": \"m.safetensors\"}}",
                "{\"metadata\": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
            })
    void refusesAnIndexOfAnotherForm(String index) throws IOException {
        Files.writeString(index(), index);
        assertRefused("model.safetensors.index.json: the ");
    }

    @Test
    void saysWhatAFolderLacks() throws IOException {
        Exception error =
                assertThrows(NoSuchFileException.class, () -> SafetensorsFolder.read(folder));
        assertTrue(error.getMessage().contains("neither model.safetensors nor"));
        Files.createFile(index());
        assertThrows(FileSystemException.class, () -> SafetensorsFolder.read(index()));
    }

    private void assertRefused(String message) {
        Exception error =
                assertThrows(MalformedFileException.class, () -> SafetensorsFolder.read(folder));
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    private Path index() {
        return folder.resolve("model.safetensors.index.json");
    }

    private static Path shard(Path folder, int number) {
        return folder.resolve("model-0000" + number + "-of-00003.safetensors");
    }

    private void copyShards() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(SHARDED)) {
            files = all.filter(file -> file.toString().contains("safetensors")).toList();
        }
        assertFalse(files.isEmpty());
        for (Path file : files) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
    }
}
