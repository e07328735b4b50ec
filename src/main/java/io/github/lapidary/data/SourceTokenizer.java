package io.github.lapidary.data;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/** Brings the documents of one source into a token file: threads encode, this one writes. */
final class SourceTokenizer {

    /** So many parts may be under way for each thread. */
    private static final int PARTS_PER_THREAD = 4;

    private static final int NOT_THE_END = -1;

    /**
     * A part of a document under way.
     *
     * @param ids its tokens
     * @param isFirst whether the document begins with it
     * @param documentBytes the length of the document that ends with it, or NOT_THE_END
     * @param bytesRead how many bytes of the source were read with it
     */
    private record Part(Future<int[]> ids, boolean isFirst, long documentBytes, long bytesRead) {}

    private final Ends ends;
    private final DocumentEncoder encoder;
    private final ExecutorService threads;
    private final int most;
    private final TokenFileWriter writer;
    private final BytesRead listener;
    private final Queue<Part> parts = new ArrayDeque<>();

    /** The tokens around each document, as none or one of each. */
    record Ends(List<Integer> before, List<Integer> after) {}

    /** Hears how many bytes of the source are through. */
    interface BytesRead {
        void hear(long bytes);
    }

    /** The threads that encode. */
    record Workers(ExecutorService service, int count) {}

    /** How all sources are encoded. */
    record Setting(DocumentEncoder encoder, Ends ends, Workers workers) {}

    SourceTokenizer(Setting setting, TokenFileWriter writer, BytesRead listener) {
        ends = setting.ends();
        encoder = setting.encoder();
        threads = setting.workers().service();
        most = PARTS_PER_THREAD * setting.workers().count();
        this.writer = writer;
        this.listener = listener;
    }

    void run(TextSource source) throws IOException {
        DocumentReader.read(source, this::take);
        while (!parts.isEmpty()) {
            writeNext();
        }
        writer.finish();
    }

    private void take(String document, long bytesRead) throws IOException {
        List<String> texts = encoder.parts(document);
        long bytes = Utf8Length.of(document);
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            boolean last = i == texts.size() - 1;
            Future<int[]> ids = threads.submit(() -> encoder.encode(text));
            parts.add(new Part(ids, i == 0, last ? bytes : NOT_THE_END, bytesRead));
            if (parts.size() >= most) {
                writeNext();
            }
        }
    }

    private void writeNext() throws IOException {
        Part part = parts.remove();
        int[] ids = result(part.ids());
        if (part.isFirst()) {
            write(ends.before());
        }
        writer.add(ids);
        if (part.documentBytes() != NOT_THE_END) {
            write(ends.after());
            writer.endDocument(part.documentBytes());
            listener.hear(part.bytesRead());
        }
    }

    private void write(List<Integer> ids) throws IOException {
        for (int id : ids) {
            writer.add(id);
        }
    }

    private static int[] result(Future<int[]> ids) throws IOException {
        try {
            return ids.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("The encoding of texts was interrupted.");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IOException(e.getCause());
        }
    }
}
