package io.github.lapidary.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Kernel sources linked into a TorchScript archive.
 *
 * <p>Each topic is a resource {@code <topic>.py} beside this class; its function {@code f} is
 * {@code __torch__.<topic>.f}. Topics that these name are linked too. The archive holds one object
 * whose methods are generated from {@link KernelMethod}s, the only entry points from Java. A
 * variant of the kernels is a folder whose topics stand in for those of the same name.
 */
final class KernelArchive {

    private static final byte[] FORMAT_VERSION = "10\n".getBytes(UTF_8);
    private static final byte[] EMPTY_TUPLE_PICKLE = {(byte) 0x80, 2, ')', '.'};
    private static final Pattern TOPIC = Pattern.compile("__torch__\\.([a-z_0-9]+)\\.");

    private final KernelVariant variant;
    private final Map<KernelMethod, String> names = new LinkedHashMap<>();

    KernelArchive(KernelVariant variant, Collection<KernelMethod> methods) {
        this.variant = variant;
        for (KernelMethod method : methods) {
            names.computeIfAbsent(method, m -> m.function().replace('.', '_') + "_" + names.size());
        }
    }

    /** Returns the generated method's name for inference, by description. */
    Map<KernelMethod, String> names() {
        return names;
    }

    /** Returns the name of the training form of a generated method. */
    static String trainingName(String name) {
        return name + "_training";
    }

    /** Returns the name of the form of a generated method that records in parts. */
    static String recordingName(String name) {
        return name + "_recorded";
    }

    /** Returns the name of the form of a generated method that gives gradients. */
    static String gradientName(String name) {
        return name + "_gradients";
    }

    /** Returns the archive's bytes. */
    byte[] link() {
        StringBuilder module =
                new StringBuilder(
                        """
                        class Kernels(Module):
                          __parameters__ = []
                          __buffers__ = []
                          training : bool
                        """);
        names.forEach(
                (method, name) -> {
                    MethodSource source = new MethodSource(method);
                    module.append(source.plain(name, false));
                    if (method.trains()) {
                        module.append(source.plain(trainingName(name), true));
                    }
                    if (method.recordsParts()) {
                        module.append(source.recording(recordingName(name)));
                    }
                    if (method.recomputed()) {
                        module.append(source.gradients(gradientName(name)));
                    }
                });
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "version", FORMAT_VERSION);
            store(zip, "constants.pkl", EMPTY_TUPLE_PICKLE);
            store(zip, "data.pkl", moduleObject());
            store(zip, "code/__torch__.py", module.toString().getBytes(UTF_8));
            for (Map.Entry<String, String> topic : topics(module.toString()).entrySet()) {
                store(
                        zip,
                        "code/__torch__/" + topic.getKey() + ".py",
                        topic.getValue().getBytes(UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Returns the sources of all topics that a text needs, by name. */
    private Map<String, String> topics(String text) throws IOException {
        Map<String, String> sources = new LinkedHashMap<>();
        Deque<String> unread = new ArrayDeque<>();
        unread.add(text);
        while (!unread.isEmpty()) {
            Matcher matcher = TOPIC.matcher(unread.remove());
            while (matcher.find()) {
                String topic = matcher.group(1);
                if (!sources.containsKey(topic)) {
                    String source = source(topic);
                    sources.put(topic, source);
                    unread.add(source);
                }
            }
        }
        return sources;
    }

    private String source(String topic) throws IOException {
        for (String resource : variant.resources(topic)) {
            try (InputStream in = KernelArchive.class.getResourceAsStream(resource)) {
                if (in != null) {
                    return new String(in.readAllBytes(), UTF_8);
                }
            }
        }
        throw new IllegalArgumentException("There is no kernel topic " + topic + ".");
    }

    /** Returns the pickle of a {@code __torch__.Kernels} with one attribute, training = False. */
    private static byte[] moduleObject() {
        byte[] type = "c__torch__\nKernels\n".getBytes(UTF_8);
        byte[] name = "training".getBytes(UTF_8);
        ByteBuffer pickle =
                ByteBuffer.allocate(16 + type.length + name.length).order(ByteOrder.LITTLE_ENDIAN);
        pickle.put((byte) 0x80).put((byte) 2); // protocol 2
        pickle.put(type); // the class
        pickle.put((byte) ')').put((byte) 0x81); // its new object
        pickle.put((byte) '}').put((byte) '('); // a dictionary; its items follow
        pickle.put((byte) 'X').putInt(name.length).put(name).put((byte) 0x89); // "training": False
        pickle.put((byte) 'u').put((byte) 'b').put((byte) '.'); // set items, build, stop
        byte[] bytes = new byte[pickle.flip().remaining()];
        pickle.get(bytes);
        return bytes;
    }

    /** The engine maps entries in place, so they are stored, not deflated. */
    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry("archive/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
