package io.github.lapidary.checkpoint;

import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.StoredType;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How a checkpoint is written.
 *
 * @param storedType F32 or BF16; a weight that it cannot hold is rounded to the nearest it can
 * @param maxShardBytes the weights' bytes in a file, above 0; a larger parameter has a file of its
 *     own, such as all of a layer's experts
 * @param tokenizerFolder a folder whose tokenizer files are copied, if there is one
 * @param listener follows the writing
 */
public record WriteOptions(
        StoredType storedType,
        long maxShardBytes,
        Optional<Path> tokenizerFolder,
        ProgressListener listener) {

    /** What transformers puts into a file at most, 5 GB. */
    private static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException naming the option, what was expected and what was found
     */
    public WriteOptions {
        if (storedType != StoredType.F32 && storedType != StoredType.BF16) {
            throw new IllegalArgumentException(
                    "storedType: expected F32 or BF16, found " + storedType + ".");
        }
        if (maxShardBytes <= 0) {
            throw new IllegalArgumentException(
                    "maxShardBytes: expected a number above 0, found " + maxShardBytes + ".");
        }
        Objects.requireNonNull(tokenizerFolder, "tokenizerFolder");
        Objects.requireNonNull(listener, "listener");
    }

    /** Returns options with files of up to 5 GB, no tokenizer and no listener. */
    public static WriteOptions of(StoredType storedType) {
        return new WriteOptions(
                storedType, DEFAULT_SHARD_BYTES, Optional.empty(), ProgressListener.NONE);
    }

    /** Returns the options with another bound for the weights' bytes in a file. */
    public WriteOptions withMaxShardBytes(long bytes) {
        return new WriteOptions(storedType, bytes, tokenizerFolder, listener);
    }

    /** Returns the options with a folder whose tokenizer files are copied. */
    public WriteOptions withTokenizerFolder(Path folder) {
        return new WriteOptions(storedType, maxShardBytes, Optional.of(folder), listener);
    }

    /** Returns the options with another listener. */
    public WriteOptions withListener(ProgressListener other) {
        return new WriteOptions(storedType, maxShardBytes, tokenizerFolder, other);
    }
}
