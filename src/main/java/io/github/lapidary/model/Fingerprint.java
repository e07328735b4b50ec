package io.github.lapidary.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import com.google.gson.Gson;
import io.github.lapidary.file.Sha256;
import io.github.lapidary.kernel.KernelMethod;
import io.github.lapidary.kernel.KernelModule;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;

/**
 * What tells a model from others: the SHA-256 of its configuration without the special tokens, its
 * format, and some elements of each of its weights.
 *
 * <p>These are the middle column of each matrix, which comes out of any layout by a product with a
 * unit vector, and elements from all over the embedding and what is no matrix. So it changes when a
 * model is trained or merged with an adapter, but not with the container of its weights or their
 * layout on a processor. It costs about as much as a token.
 */
final class Fingerprint {

    private static final KernelMethod SAMPLE =
            KernelMethod.of("weights.sample").tensor("x").integers("elements").build();

    private static final int EMBEDDING_ELEMENTS = 1024;

    private final MessageDigest digest = Sha256.begin();

    private Fingerprint() {}

    /** Returns the method that the model's module must have linked. */
    static KernelMethod method() {
        return SAMPLE;
    }

    /** Returns the fingerprint in hexadecimal digits; works with arrays in the scope. */
    static String of(CausalLanguageModel model, KernelModule kernels, NDManager scope) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(new Gson().toJson(model.config().jsonValues()));
        fingerprint.add(model.format().toString());
        for (Map.Entry<String, Parameter> entry : model.parametersByPath().entrySet()) {
            NDArray array = entry.getValue().getArray();
            int elements = array == model.embedding().weight() ? EMBEDDING_ELEMENTS : 0;
            fingerprint.add(entry.getKey() + " " + array.getShape());
            try (NDArray sample =
                    kernels.call(SAMPLE).tensor(array).integers(elements).run(scope)) {
                fingerprint.add(sample.toFloatArray());
            }
        }
        return HexFormat.of().formatHex(fingerprint.digest.digest());
    }

    private void add(String text) {
        digest.update(text.getBytes(UTF_8));
        digest.update((byte) 0);
    }

    private void add(float[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES);
        bytes.asFloatBuffer().put(numbers);
        digest.update(bytes);
    }
}
