package io.github.lapidary.generation;

import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A state that serves one generation after another, and what it has read.
 *
 * <p>For a new prompt it goes back to where the prompt departs from that, so that only the rest is
 * read; where it cannot go back so far, it begins anew.
 */
final class ReusedState implements AutoCloseable {

    private final Supplier<DecodingState> newState;
    private Optional<DecodingState> state = Optional.empty();
    private int[] read = {};

    ReusedState(Supplier<DecodingState> newState) {
        this.newState = newState;
    }

    /** Takes over a sequence that has read something. */
    ReusedState(Supplier<DecodingState> newState, DecodingState state, int[] read) {
        this(newState);
        this.state = Optional.of(state);
        this.read = read.clone();
    }

    /** Returns a state that has read the same and goes on by itself; the caller closes it. */
    ReusedState fork() {
        return state.map(present -> new ReusedState(newState, present.fork(), read))
                .orElseGet(() -> new ReusedState(newState));
    }

    /** Returns what is to be saved of it; it goes on to belong to this. */
    Snapshot snapshot(String note) {
        if (state.isEmpty()) {
            state = Optional.of(newState.get());
        }
        return new Snapshot(state.get(), read, note);
    }

    /** Takes over what was restored, and frees what it had. */
    void replace(Snapshot restored) {
        close();
        state = Optional.of(restored.state());
        read = restored.ids().clone();
    }

    /** Returns the tokens that it has read. */
    int[] read() {
        return read.clone();
    }

    /** Returns how many tokens it has read. */
    int position() {
        return read.length;
    }

    /** Returns the state, having read as many of the first tokens of a prompt as it can. */
    DecodingState continuing(int[] prompt) {
        int shared =
                Math.min(shared(prompt), prompt.length - 1); // the last one's logits are needed
        if (shared < read.length) {
            backTo(shared);
        }
        if (state.isEmpty()) {
            state = Optional.of(newState.get());
        }
        return state.get();
    }

    private int shared(int[] prompt) {
        int difference = Arrays.mismatch(read, prompt);
        return difference < 0 ? read.length : difference;
    }

    private void backTo(int tokens) {
        DecodingState present = state.orElseThrow();
        if (present.canTruncate(tokens)) {
            present.truncate(tokens);
            read = Arrays.copyOf(read, tokens);
        } else {
            close();
        }
    }

    /** Takes note of what a generation has read. */
    void hasRead(int[] ids) {
        read = ids.clone();
    }

    /** Frees the state; the next prompt begins a new one. */
    @Override
    public void close() {
        state.ifPresent(DecodingState::close);
        state = Optional.empty();
        read = new int[0];
    }
}
