package io.github.lapidary.checkpoint;

import io.github.lapidary.checkpoint.TensorNames.Style;
import io.github.lapidary.checkpoint.TensorProblem.Kind;
import io.github.lapidary.file.TensorEntry;
import io.github.lapidary.file.TensorReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;

/**
 * An output matrix that is stored beside the embedding which it is tied to, as fine-tunes and
 * merges do. It is left aside if both hold the same; all models here use the embedding.
 */
record TiedHead(TensorEntry head, TensorEntry embedding) {

    private static final Set<String> HUGGING_FACE =
            Set.of("lm_head.weight", "language_model.lm_head.weight");
    private static final Set<String> GGUF = Set.of("output.weight");

    private static final int CHUNK_BYTES = 1 << 20;

    /** Returns whether an output matrix has this name. */
    static boolean isNamed(String name, Style style) {
        return (style == Style.GGUF ? GGUF : HUGGING_FACE).contains(name);
    }

    /** Returns whether both are stored alike, so that their bytes can be compared. */
    private boolean isAlike() {
        return head.type() == embedding.type() && head.shape().equals(embedding.shape());
    }

    /** Returns what contradicts, as far as the directory tells. */
    Optional<TensorProblem> unlike() {
        return isAlike()
                ? Optional.empty()
                : problem(
                        "expected %s %s as that of %s, found %s %s"
                                .formatted(
                                        embedding.type(),
                                        embedding.shape(),
                                        embedding.name(),
                                        head.type(),
                                        head.shape()));
    }

    /**
     * Compares the stored bytes.
     *
     * @param reader of the container of both
     */
    Optional<TensorProblem> differing(TensorReader reader) throws IOException {
        if (!isAlike()) {
            return unlike();
        }
        long bytes = head.bytes();
        ByteBuffer own = ByteBuffer.allocate((int) Math.min(bytes, CHUNK_BYTES));
        ByteBuffer tied = ByteBuffer.allocate(own.capacity());
        for (long first = 0; first < bytes; first += CHUNK_BYTES) {
            int count = (int) Math.min(bytes - first, CHUNK_BYTES);
            reader.readBytes(head, first, own.clear().limit(count));
            reader.readBytes(embedding, first, tied.clear().limit(count));
            if (!own.flip().equals(tied.flip())) {
                return problem("it holds other numbers than " + embedding.name());
            }
        }
        return Optional.empty();
    }

    private Optional<TensorProblem> problem(String difference) {
        return Optional.of(
                new TensorProblem(
                        Kind.UNTIED,
                        head.name(),
                        difference + "; an output matrix of its own is not supported"));
    }
}
