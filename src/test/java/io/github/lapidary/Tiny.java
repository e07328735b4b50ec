package io.github.lapidary;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.checkpoint.ProgressListener;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import java.io.IOException;
import java.nio.file.Path;

/** The tiny checkpoints that serve all suites. */
public final class Tiny {

    private Tiny() {}

    public static Path path(String name) {
        return Golden.path("tiny/" + name);
    }

    /** Returns what the reference computes from a checkpoint. */
    public static Golden golden(String name) throws IOException {
        return new Golden(path(name).resolve("golden.safetensors"));
    }

    public static CausalLanguageModel load(String name, NDManager manager, WeightFormat format)
            throws IOException, MalformedModelException {
        return CheckpointLoader.load(
                Checkpoint.open(path(name)), manager, format, ProgressListener.NONE);
    }

    public static CausalLanguageModel load(String name, NDManager manager)
            throws IOException, MalformedModelException {
        return load(name, manager, WeightFormat.FLOAT32);
    }

    /** Returns ids of a text that makes no sense, below every tiny vocabulary. */
    public static long[] ids(int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = i == 0 ? 2 : 5 + i * (137L + i * 11L) % 600;
        }
        return ids;
    }
}
