package io.github.lapidary.translate;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.generation.TokenStream;
import java.util.Iterator;

/** The tokens of a stream, each as an array. */
final class TokenArrays implements Iterator<NDList>, AutoCloseable {

    private final TokenStream stream;
    private final NDManager manager;

    /** Takes over a stream; the arrays belong to the manager. */
    TokenArrays(TokenStream stream, NDManager manager) {
        this.stream = stream;
        this.manager = manager;
    }

    @Override
    public boolean hasNext() {
        return stream.hasNext();
    }

    @Override
    public NDList next() {
        return new NDList(manager.create(new long[] {stream.next().id()}));
    }

    @Override
    public void close() {
        stream.close();
    }
}
