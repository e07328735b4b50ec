package io.github.lapidary.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Packs pieces into rows: the oldest of those that wait, then each time the longest that still
 * fits.
 */
final class RowPacker {

    /** So many pieces wait; more would find better fits, and take longer to look through. */
    private static final int MOST_WAITING = 64;

    private final TokenFile file;
    private final int sequenceLength;
    private final Pieces pieces;
    private final List<Integer> waiting = new ArrayList<>();
    private int next;

    /** Pieces in the order in which they are wanted. */
    interface Pieces {

        int size();

        Piece get(int number);
    }

    RowPacker(TokenFile file, int sequenceLength, Pieces pieces) {
        this.file = file;
        this.sequenceLength = sequenceLength;
        this.pieces = pieces;
    }

    /**
     * Goes on where another packer of the same pieces was.
     *
     * @throws IllegalArgumentException if no packer of these pieces can have been there
     */
    void restore(int position, List<Integer> waitingPieces) {
        boolean possible = position >= 0 && position <= pieces.size();
        for (int piece : waitingPieces) {
            possible &= piece >= 0 && piece < position;
        }
        if (!possible || waitingPieces.size() > MOST_WAITING) {
            throw new IllegalArgumentException(
                    "The position %d with %s waiting is not one in %d pieces."
                            .formatted(position, waitingPieces, pieces.size()));
        }
        next = position;
        waiting.clear();
        waiting.addAll(waitingPieces);
    }

    /** Returns the number of the first piece that has not been looked at. */
    int position() {
        return next;
    }

    /** Returns the numbers of the pieces that wait, the oldest first. */
    List<Integer> waiting() {
        return List.copyOf(waiting);
    }

    /** Returns whether there is another row. */
    boolean hasNext() {
        fill();
        return !waiting.isEmpty();
    }

    /** Returns the next row, which has one piece at least. */
    Row next() {
        fill();
        List<Piece> row = new ArrayList<>();
        int room = sequenceLength;
        for (int place = 0; place >= 0; place = longest(room)) {
            Piece piece = pieces.get(waiting.remove(place));
            row.add(piece);
            room -= piece.length();
            fill();
        }
        return new Row(file, row);
    }

    private void fill() {
        while (waiting.size() < MOST_WAITING && next < pieces.size()) {
            waiting.add(next++);
        }
    }

    /** Returns the place of the longest waiting piece that fits, of equals the oldest, or -1. */
    private int longest(int room) {
        int best = -1;
        int length = 0;
        for (int i = 0; i < waiting.size() && length < room; i++) {
            int candidate = pieces.get(waiting.get(i)).length();
            if (candidate <= room && candidate > length) {
                best = i;
                length = candidate;
            }
        }
        return best;
    }
}
