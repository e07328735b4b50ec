package io.github.lapidary.file;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lays out a safetensors file for writing. */
final class SafetensorsHeader {

    static final String METADATA = "__metadata__";

    private SafetensorsHeader() {}

    /** Returns the length and the text, padded so that the tensors start at a multiple of 8. */
    static ByteBuffer encode(List<OutgoingTensor> tensors, Map<String, String> metadata)
            throws IOException {
        byte[] text = json(tensors, metadata).getBytes(UTF_8);
        byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        if (padded.length > Limits.HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "The header of %d tensors has %d bytes; expected at most %d."
                            .formatted(tensors.size(), padded.length, Limits.HEADER_BYTES));
        }
        return ByteBuffer.allocate(Long.BYTES + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .flip();
    }

    private static String json(List<OutgoingTensor> tensors, Map<String, String> metadata)
            throws IOException {
        StringWriter text = new StringWriter();
        Set<String> names = new HashSet<>();
        long offset = 0;
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            if (!metadata.isEmpty()) {
                json.name(METADATA).beginObject();
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.name(entry.getKey()).value(entry.getValue());
                }
                json.endObject();
            }
            for (OutgoingTensor tensor : tensors) {
                if (!names.add(tensor.name())) {
                    throw new IllegalArgumentException(
                            "The tensor " + tensor.name() + " is given twice.");
                }
                long end = Math.addExact(offset, tensor.bytes());
                json.name(tensor.name()).beginObject();
                json.name("dtype").value(tensor.type().name());
                writeNumbers(json.name("shape"), tensor.shape());
                writeNumbers(json.name("data_offsets"), List.of(offset, end));
                json.endObject();
                offset = end;
            }
            json.endObject();
        }
        return text.toString();
    }

    private static void writeNumbers(JsonWriter json, List<Long> numbers) throws IOException {
        json.beginArray();
        for (long number : numbers) {
            json.value(number);
        }
        json.endArray();
    }
}
