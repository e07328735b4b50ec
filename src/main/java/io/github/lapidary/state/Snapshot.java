package io.github.lapidary.state;

/**
 * A sequence and the tokens it has read: what a state file holds.
 *
 * @param state the sequence
 * @param ids its tokens, as many as it has
 * @param note a text of whoever saves it; the model makes nothing of it
 */
@SuppressWarnings("ArrayRecordComponent") // the ids are read once, and never compared as a record
public record Snapshot(DecodingState state, int[] ids, String note) implements AutoCloseable {

    /**
     * Checks the number of tokens.
     *
     * @throws IllegalArgumentException if the sequence has another
     */
    public Snapshot {
        if (ids.length != state.position()) {
            throw new IllegalArgumentException(
                    "The sequence has " + state.position() + " tokens, not " + ids.length + ".");
        }
    }

    /** Closes the sequence. */
    @Override
    public void close() {
        state.close();
    }
}
