package io.github.lapidary.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.lapidary.checkpoint.TinyFolder.Stored;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A GGUF file of plain tensors, to be changed and then written with the metadata that it had. */
final class TinyGguf {

    private static final int TENSOR_COUNT = 8; // the place of the number
    private static final int ALIGNMENT = 32;

    final Map<String, Stored> tensors = new LinkedHashMap<>();
    private final byte[] metadata;

    TinyGguf(Path source) throws IOException {
        byte[] file = Files.readAllBytes(source);
        int end = file.length;
        for (TensorEntry entry : Gguf.read(source).tensors().values()) {
            int first = (int) entry.offset();
            byte[] bytes = Arrays.copyOfRange(file, first, first + (int) entry.bytes());
            tensors.put(
                    entry.name(), new Stored(entry.type(), entry.shape(), ByteBuffer.wrap(bytes)));
            end = Math.min(end, place(file, name(entry.name())));
        }
        metadata = Arrays.copyOf(file, end);
    }

    private static byte[] name(String name) {
        byte[] text = name.getBytes(UTF_8);
        byte[] bytes = new byte[Long.BYTES + text.length];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
        return bytes;
    }

    private static int place(byte[] file, byte[] part) {
        for (int i = 0; i <= file.length - part.length; i++) {
            if (Arrays.equals(file, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        throw new IllegalArgumentException(new String(part, UTF_8));
    }

    Path write(Path file) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        ByteBuffer.wrap(metadata)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(TENSOR_COUNT, tensors.size());
        header.writeBytes(metadata);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        tensors.forEach(
                (name, tensor) -> {
                    header.writeBytes(name(name));
                    header.writeBytes(description(tensor, data.size()));
                    byte[] bytes = new byte[tensor.bytes().remaining()];
                    tensor.bytes().duplicate().get(bytes);
                    data.writeBytes(bytes);
                    align(data);
                });
        align(header);
        header.writeBytes(data.toByteArray());
        return Files.write(file, header.toByteArray());
    }

    private static byte[] description(Stored tensor, long offset) {
        List<Long> shape = tensor.shape();
        byte[] bytes = new byte[2 * Integer.BYTES + (shape.size() + 1) * Long.BYTES];
        ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        row.putInt(shape.size());
        for (int i = shape.size() - 1; i >= 0; i--) {
            row.putLong(shape.get(i)); // the innermost first
        }
        row.putInt(number(tensor.type())).putLong(offset);
        return bytes;
    }

    private static int number(StoredType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 30;
            default -> throw new IllegalArgumentException(type.name());
        };
    }

    private static void align(ByteArrayOutputStream bytes) {
        while (bytes.size() % ALIGNMENT != 0) {
            bytes.write(0);
        }
    }
}
