import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/**
 * Writes the texts in the data of an R package as files, without R.
 *
 * <p>Rdata.rdb is a row of blocks, one a value: the size of its content in 4 bytes, then the
 * content, compressed by zlib. Rdata.rdx, compressed by gzip, says where the block of each name is.
 * A text is a vector of strings, its lines.
 */
final class RTexts {

    private static final int LARGEST = 64 << 20; // bytes of a file, or of what is inflated

    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            System.err.println("usage: java RTexts.java FOLDER-WITH-RDATA FOLDER-FOR-TEXTS");
            System.exit(2);
        }
        try {
            Files.createDirectories(Path.of(arguments[1]));
            for (var text : read(Path.of(arguments[0])).entrySet()) {
                Path file = Path.of(arguments[1], text.getKey() + ".txt");
                Files.writeString(file, text.getValue());
                System.out.println(file);
            }
        } catch (IOException e) {
            System.err.println("RTexts: " + e.getMessage());
            System.exit(1);
        }
    }

    private static Map<String, String> read(Path folder) throws IOException {
        byte[] blocks = readFile(folder.resolve("Rdata.rdb"));
        byte[] compressed = readFile(folder.resolve("Rdata.rdx"));
        Map<String, String> texts = new LinkedHashMap<>();
        String where = "Rdata.rdx";
        try {
            byte[] content = inflate(new GZIPInputStream(new ByteArrayInputStream(compressed)));
            Map<?, ?> index = as(Map.class, RReader.read(content));
            check(List.of(1).equals(index.get("compressed")), "expected compression 1, zlib");
            Map<?, ?> places = as(Map.class, index.get("variables"));
            for (Object key : places.keySet()) {
                String name = as(String.class, key);
                where = "Rdata.rdb, " + name;
                check(name.matches("[A-Za-z0-9_]{1,64}"), "this cannot be a file's name");
                List<?> place = as(List.class, places.get(name));
                check(place.size() == 2, "expected position and length, found " + place);
                int position = as(Integer.class, place.get(0));
                int length = as(Integer.class, place.get(1));
                StringBuilder text = new StringBuilder();
                for (Object line : as(List.class, RReader.read(block(blocks, position, length)))) {
                    text.append(as(String.class, line)).append('\n');
                }
                texts.put(name, text.toString());
            }
        } catch (IOException | BufferUnderflowException e) {
            throw new IOException(where + " of " + folder + ": " + e, e);
        }
        return texts;
    }

    private static byte[] readFile(Path file) throws IOException {
        check(Files.isRegularFile(file), "there is no file " + file);
        check(Files.size(file) <= LARGEST, file + " has more than " + LARGEST + " bytes");
        return Files.readAllBytes(file);
    }

    private static byte[] block(byte[] blocks, int position, int length) throws IOException {
        check(
                position >= 0 && length >= Integer.BYTES && position <= blocks.length - length,
                length + " bytes at " + position + ", but the file has " + blocks.length);
        int size = ByteBuffer.wrap(blocks).getInt(position);
        int start = position + Integer.BYTES;
        InputStream compressed = new ByteArrayInputStream(blocks, start, length - Integer.BYTES);
        byte[] content = inflate(new InflaterInputStream(compressed));
        check(content.length == size, "expected " + size + " bytes, found " + content.length);
        return content;
    }

    private static byte[] inflate(InputStream compressed) throws IOException {
        byte[] content = compressed.readNBytes(LARGEST + 1);
        check(content.length <= LARGEST, "more than " + LARGEST + " bytes");
        return content;
    }

    private static <T> T as(Class<T> expected, Object value) throws IOException {
        if (!expected.isInstance(value)) {
            String found = value == null ? "none" : value.getClass().getSimpleName();
            throw new IOException("expected a " + expected.getSimpleName() + ", found " + found);
        }
        return expected.cast(value);
    }

    private static void check(boolean condition, String message) throws IOException {
        if (!condition) {
            throw new IOException(message);
        }
    }

    /**
     * Reads R's serialization (R Internals, 1.8): numbers of 4 bytes, the highest first; flags, of
     * which the lowest 8 are the type, before each value. Vectors become lists, or maps if their
     * items have names.
     */
    private static final class RReader {

        private static final int DEEPEST = 20;

        private final ByteBuffer in;
        private final List<Object> symbols = new ArrayList<>();
        private int depth;

        private RReader(byte[] content) {
            in = ByteBuffer.wrap(content);
        }

        static Object read(byte[] content) throws IOException {
            RReader reader = new RReader(content);
            check(reader.in.getShort() == ('X' << 8 | '\n'), "expected X and an end of line first");
            int version = reader.in.getInt();
            check(version == 3, "expected version 3 of R's serialization, found " + version);
            reader.in.getLong(); // the versions of R that wrote it and that can read it
            reader.string(); // the encoding of strings that do not say theirs
            return reader.value(reader.in.getInt());
        }

        private Object value(int flags) throws IOException {
            check(++depth <= DEEPEST, "more than " + DEEPEST + " values within one another");
            int type = flags & 0xff;
            Object value =
                    switch (type) {
                        case 1 -> symbol();
                        case 9 -> string();
                        case 10, 13, 16, 19 -> vector(flags); // truths, integers, strings, any
                        case 255 -> { // a symbol that came before
                            int number = flags >>> 8;
                            check(number > 0 && number <= symbols.size(), "no symbol " + number);
                            yield symbols.get(number - 1);
                        }
                        default -> throw new IOException("type " + type + " is not expected");
                    };
            depth--;
            return value;
        }

        private Object symbol() throws IOException {
            Object name = value(in.getInt());
            symbols.add(name);
            return name;
        }

        private Object vector(int flags) throws IOException {
            int count = in.getInt();
            int most = in.remaining() / Integer.BYTES;
            check(count >= 0 && count <= most, "expected up to " + most + " items, found " + count);
            boolean numbers = (flags & 0xff) <= 13;
            List<Object> items = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int next = in.getInt();
                items.add(numbers ? (Object) next : value(next));
            }
            boolean hasAttributes = (flags & 0x200) != 0;
            return hasAttributes ? named(items) : items;
        }

        /** Attributes are pairs of a symbol and a value; 254 is their end. */
        private Object named(List<Object> items) throws IOException {
            Object result = items;
            for (int flags = in.getInt(); flags != 254; flags = in.getInt()) {
                check(flags == 0x402, "expected an attribute, found flags " + flags);
                Object attribute = value(in.getInt());
                Object value = value(in.getInt());
                if ("names".equals(attribute)) {
                    List<?> names = as(List.class, value);
                    check(names.size() == items.size(), items.size() + " items, " + names.size() + " names");
                    Map<Object, Object> members = new LinkedHashMap<>();
                    for (int i = 0; i < items.size(); i++) {
                        members.put(names.get(i), items.get(i));
                    }
                    result = members;
                }
            }
            return result;
        }

        private String string() throws IOException {
            int length = in.getInt();
            int most = in.remaining();
            check(length >= 0 && length <= most, length + " bytes, but " + most + " are left");
            ByteBuffer bytes = in.slice().limit(length);
            in.position(in.position() + length);
            return UTF_8.newDecoder().decode(bytes).toString();
        }
    }
}
