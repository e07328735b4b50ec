package io.github.lapidary.data;

import java.util.stream.IntStream;

/** Documents of a token file: all, or some. */
public final class DocumentSet {

    private final TokenFile file;
    private final int[] documents;

    private DocumentSet(TokenFile file, int[] documents) {
        this.file = file;
        this.documents = documents;
    }

    /** Returns all documents of a file. */
    public static DocumentSet of(TokenFile file) {
        return new DocumentSet(file, IntStream.range(0, file.documentCount()).toArray());
    }

    /**
     * Two sets that share no document.
     *
     * @param training what is learnt from
     * @param heldOut what is only looked at to see what was learnt
     */
    public record Split(DocumentSet training, DocumentSet heldOut) {}

    /**
     * Parts the documents by chance into two sets, the same for the same seed.
     *
     * @param heldOut the part that is held out, above 0 and below 1; the number of documents is
     *     rounded, but each set gets one at least
     * @param seed what chance depends on
     * @throws IllegalArgumentException if the part is not such a number, or there are not two
     *     documents
     */
    public Split split(double heldOut, long seed) {
        if (!(heldOut > 0 && heldOut < 1) || documents.length < 2) {
            throw new IllegalArgumentException(
                    "The part %s of %d documents cannot be held out of %s: expected a part between 0 and 1, and 2 documents at least."
                            .formatted(heldOut, documents.length, file.path()));
        }
        int[] order = Mixing.order(documents.length, seed);
        int count = (int) Math.round(heldOut * documents.length);
        int cut = Math.max(1, Math.min(documents.length - 1, count));
        return new Split(
                of(IntStream.range(cut, order.length).map(i -> order[i])),
                of(IntStream.range(0, cut).map(i -> order[i])));
    }

    private DocumentSet of(IntStream places) {
        return new DocumentSet(file, places.sorted().map(i -> documents[i]).toArray());
    }

    /** Returns the file that has the documents. */
    public TokenFile file() {
        return file;
    }

    /** Returns the number of documents. */
    public int size() {
        return documents.length;
    }

    /** Returns the number of tokens of all these documents. */
    public long tokenCount() {
        return IntStream.of(documents).mapToLong(file::tokens).sum();
    }

    /** Returns how long the text of all these documents is in UTF-8. */
    public long textBytes() {
        return IntStream.of(documents).mapToLong(file::textBytes).sum();
    }

    /** Returns the place in the file of one of these documents. */
    int document(int index) {
        return documents[index];
    }

    /** Returns how many tokens of one of these documents are predicted: all but its first. */
    long predictions(int index) {
        return file.tokens(documents[index]) - 1;
    }

    /** Returns a number that is another for other documents. */
    long fingerprint() {
        long sum = Mixing.of(documents.length);
        for (int document : documents) {
            sum = Mixing.of(sum, document);
        }
        long content = Long.parseUnsignedLong(file.header().checksum().substring(0, 16), 16);
        return Mixing.of(sum, content, file.tokenCount());
    }
}
