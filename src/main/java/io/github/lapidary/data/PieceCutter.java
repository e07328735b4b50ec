package io.github.lapidary.data;

import java.util.Arrays;

/**
 * Cuts documents into pieces of at most a row's length, for one pass through them.
 *
 * <p>A document that fits into a row stays whole. A longer one is cut every row's length; the first
 * cut lies elsewhere in each epoch, so that what was a border once is not always one.
 */
final class PieceCutter {

    private final DocumentSet documents;
    private final int sequenceLength;
    private final int[] firstCuts;

    /** The number of the first piece of each document, and of all pieces at the end. */
    private final int[] firstPieces;

    private PieceCutter(DocumentSet documents, int sequenceLength, int[] firstCuts) {
        this.documents = documents;
        this.sequenceLength = sequenceLength;
        this.firstCuts = firstCuts;
        firstPieces = new int[documents.size() + 1];
        long pieces = 0;
        for (int i = 0; i < documents.size(); i++) {
            long rest = documents.predictions(i) - firstCuts[i];
            pieces += (firstCuts[i] > 0 ? 1 : 0) + (rest + sequenceLength - 1) / sequenceLength;
            firstPieces[i + 1] = Math.toIntExact(pieces);
        }
    }

    /** Cuts every document at multiples of a row's length. */
    static PieceCutter even(DocumentSet documents, int sequenceLength) {
        return new PieceCutter(documents, sequenceLength, new int[documents.size()]);
    }

    /** Cuts each long document first at a place that belongs to a seed and the document. */
    static PieceCutter shifted(DocumentSet documents, int sequenceLength, long seed) {
        int[] firstCuts = new int[documents.size()];
        for (int i = 0; i < firstCuts.length; i++) {
            if (documents.predictions(i) > sequenceLength) {
                firstCuts[i] = (int) Mixing.below(sequenceLength, Mixing.of(seed, i));
            }
        }
        return new PieceCutter(documents, sequenceLength, firstCuts);
    }

    /** Returns the number of pieces. */
    int size() {
        return firstPieces[documents.size()];
    }

    /** Returns a piece; they are numbered in the order of the documents. */
    Piece piece(int number) {
        int index = Arrays.binarySearch(firstPieces, number);
        index = index >= 0 ? index : -index - 2;
        while (firstPieces[index + 1] == number) { // a document without pieces
            index++;
        }
        int within = number - firstPieces[index];
        int firstCut = firstCuts[index];
        int document = documents.document(index);
        if (firstCut > 0 && within == 0) {
            return new Piece(document, 0, firstCut);
        }
        long start = firstCut + (long) (within - (firstCut > 0 ? 1 : 0)) * sequenceLength;
        long length = Math.min(sequenceLength, documents.predictions(index) - start);
        return new Piece(document, start, (int) length);
    }
}
