package io.github.lapidary.translate;

import ai.djl.modality.Input;
import ai.djl.ndarray.BytesSupplier;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the body of a request: one JSON object in UTF-8. */
final class RequestBody {

    private static final int DEEPEST_NESTING = 64;
    private static final TypeAdapter<JsonElement> ELEMENTS =
            new Gson().getAdapter(JsonElement.class);

    private RequestBody() {}

    static JsonObject read(Input input, int mostBytes) throws RequestException {
        BytesSupplier data = input.getData();
        ByteBuffer bytes = data == null ? ByteBuffer.allocate(0) : data.toByteBuffer();
        if (!bytes.hasRemaining()) {
            throw RequestException.badRequest("The request has no body; expected JSON.");
        }
        if (bytes.remaining() > mostBytes) {
            throw new RequestException(
                    Status.TOO_LARGE,
                    "The request's body has %d bytes; at most %d are taken."
                            .formatted(bytes.remaining(), mostBytes));
        }
        try {
            return parse(StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString());
        } catch (CharacterCodingException e) {
            throw RequestException.badRequest("The request's body is not UTF-8.");
        }
    }

    private static JsonObject parse(String text) throws RequestException {
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            reader.setNestingLimit(DEEPEST_NESTING);
            JsonElement element = ELEMENTS.read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT || !element.isJsonObject()) {
                throw RequestException.badRequest("The request's body is not one JSON object.");
            }
            return element.getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            // The second line of Gson's messages is a link.
            String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw RequestException.badRequest(
                    "The request's body is not JSON: %s".formatted(problem));
        }
    }
}
