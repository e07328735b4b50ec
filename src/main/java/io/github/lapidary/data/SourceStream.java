package io.github.lapidary.data;

import io.github.lapidary.data.DataPosition.SourcePosition;

/**
 * The rows of one source without end: epoch after epoch, each in another order.
 *
 * <p>All pieces of an epoch are given before the next begins.
 */
final class SourceStream {

    private final MixtureSource source;
    private final int sequenceLength;
    private final long seed;
    private double credit;
    private long rows;
    private int epoch;
    private RowPacker packer;

    SourceStream(MixtureSource source, int sequenceLength, long seed) {
        this.source = source;
        this.sequenceLength = sequenceLength;
        this.seed = seed;
        packer = packer();
        if (!packer.hasNext()) {
            throw new IllegalArgumentException(
                    "The source %s has nothing to predict: no document has two tokens."
                            .formatted(source.name()));
        }
    }

    private RowPacker packer() {
        PieceCutter cutter =
                PieceCutter.shifted(source.documents(), sequenceLength, Mixing.of(seed, epoch, 0));
        int[] order = Mixing.order(cutter.size(), Mixing.of(seed, epoch, 1));
        return new RowPacker(
                source.documents().file(),
                sequenceLength,
                new RowPacker.Pieces() {
                    @Override
                    public int size() {
                        return order.length;
                    }

                    @Override
                    public Piece get(int number) {
                        return cutter.piece(order[number]);
                    }
                });
    }

    /** Adds to what the source is owed and returns that. */
    double addCredit(double share) {
        credit += share;
        return credit;
    }

    double weight(long batch) {
        return source.weight().at(batch);
    }

    Row next() {
        if (!packer.hasNext()) {
            epoch++;
            packer = packer();
        }
        credit--;
        rows++;
        return packer.next();
    }

    SourcePosition position() {
        return new SourcePosition(
                source.name(), credit, rows, epoch, packer.position(), packer.waiting());
    }

    void restore(SourcePosition position) {
        credit = position.credit();
        rows = position.rows();
        epoch = position.epoch();
        packer = packer();
        packer.restore(position.next(), position.waiting());
    }

    /** Returns the documents' fingerprint. */
    long fingerprint() {
        return source.documents().fingerprint();
    }
}
