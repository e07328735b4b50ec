package io.github.lapidary.cli;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.github.lapidary.file.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A file that holds a JSON list of lists of ids. */
final class IdsFile {

    private IdsFile() {}

    /**
     * Reads the lists.
     *
     * @throws MalformedFileException if the file holds anything else
     */
    static List<int[]> read(Path file) throws IOException {
        try (JsonReader json = new JsonReader(Files.newBufferedReader(file))) {
            json.setStrictness(Strictness.STRICT);
            try {
                return lists(json);
            } catch (MalformedJsonException
                    | EOFException
                    | CharacterCodingException
                    | IllegalStateException
                    | NumberFormatException e) {
                String problem = "expected a JSON list of lists of ids, such as [[2,5,7],[2,9]]";
                throw new MalformedFileException(
                        file, problem + "; found something else at " + json.getPath() + ".", e);
            }
        }
    }

    private static List<int[]> lists(JsonReader json) throws IOException {
        List<int[]> lists = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            lists.add(list(json));
        }
        json.endArray();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw new MalformedJsonException("text follows the list");
        }
        return lists;
    }

    private static int[] list(JsonReader json) throws IOException {
        int[] ids = new int[64];
        int size = 0;
        json.beginArray();
        while (json.hasNext()) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, 2 * size);
            }
            ids[size] = json.nextInt();
            size++;
        }
        json.endArray();
        return Arrays.copyOf(ids, size);
    }
}
