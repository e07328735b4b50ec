package io.github.lapidary.state;

import java.util.Optional;

/**
 * A sequence and the tokens it has read: what a state file holds.
 *
 * @param state the sequence
 * @param ids its tokens, as many as it has
 * @param earlier the same sequence when it had fewer tokens, for one that cannot go back by itself
 * @param note a text of whoever saves it; the model makes nothing of it
 */
@SuppressWarnings("ArrayRecordComponent") // the ids are read once, and never compared as a record
public record Snapshot(DecodingState state, int[] ids, Optional<DecodingState> earlier, String note)
        implements AutoCloseable {

    /**
     * Checks the number of tokens.
     *
     * @throws IllegalArgumentException if the sequence has another, or the earlier one more
     */
    public Snapshot {
        if (ids.length != state.position()) {
            throw new IllegalArgumentException(
                    "The sequence has " + state.position() + " tokens, not " + ids.length + ".");
        }
        if (earlier.isPresent() && earlier.get().position() > ids.length) {
            throw new IllegalArgumentException(
                    "The sequence has "
                            + ids.length
                            + " tokens, and earlier had "
                            + earlier.get().position()
                            + ".");
        }
    }

    /** Describes a sequence without an earlier one. */
    public Snapshot(DecodingState state, int[] ids, String note) {
        this(state, ids, Optional.empty(), note);
    }

    /** Closes the sequence, and the earlier one. */
    @Override
    public void close() {
        state.close();
        earlier.ifPresent(DecodingState::close);
    }
}
