package io.github.lapidary.generation;

import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A state that serves one generation after another, and what it has read.
 *
 * <p>For a new prompt it goes back to where the prompt departs from that, so that only the rest is
 * read. A state that cannot go back by itself has copies of its last few places to go back to;
 * where none is early enough, it begins anew.
 */
final class ReusedState implements AutoCloseable {

    /** How many places it keeps a copy of; each takes as much memory as the state. */
    private static final int PLACES = 2;

    private final Supplier<DecodingState> newState;
    private final Deque<DecodingState> places = new ArrayDeque<>(); // the earliest first
    private Optional<DecodingState> state = Optional.empty();
    private int[] read = {};

    ReusedState(Supplier<DecodingState> newState) {
        this.newState = newState;
    }

    /** Takes over what was restored. */
    ReusedState(Supplier<DecodingState> newState, Snapshot restored) {
        this(newState);
        replace(restored);
    }

    /**
     * Returns a state for one generation, which has read as many of the first tokens of its prompt
     * as this one can offer, and goes on by itself; the caller closes it.
     */
    ReusedState fork(int[] prompt) {
        ReusedState copy = new ReusedState(newState);
        nearest(shared(prompt))
                .ifPresent(
                        near -> {
                            copy.state = Optional.of(near.fork());
                            copy.read = Arrays.copyOf(read, near.position());
                        });
        return copy;
    }

    /** Returns what is to be saved of it; it goes on to belong to this. */
    Snapshot snapshot(String note) {
        if (state.isEmpty()) {
            state = Optional.of(newState.get());
        }
        return new Snapshot(state.get(), read, Optional.ofNullable(places.peekLast()), note);
    }

    /** Takes over what was restored, and frees what it had. */
    void replace(Snapshot restored) {
        close();
        state = Optional.of(restored.state());
        restored.earlier().ifPresent(places::add);
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
        int shared = shared(prompt);
        if (shared < read.length) {
            backTo(shared);
        }
        if (state.isEmpty()) {
            state = Optional.of(newState.get());
        }
        return state.get();
    }

    /**
     * Returns how many of the first tokens are those of a prompt, whose last is read in any case.
     */
    private int shared(int[] prompt) {
        int difference = Arrays.mismatch(read, prompt);
        int alike = difference < 0 ? read.length : difference;
        return Math.max(0, Math.min(alike, prompt.length - 1)); // the last one's logits are needed
    }

    private void backTo(int tokens) {
        Optional<DecodingState> near = nearest(tokens);
        while (!places.isEmpty() && places.peekLast().position() > tokens) {
            places.removeLast().close();
        }
        DecodingState present = state.orElseThrow();
        if (near.isEmpty()) {
            close();
        } else if (near.get() == present) {
            present.truncate(tokens);
            read = Arrays.copyOf(read, tokens);
        } else {
            state = Optional.of(near.get().fork());
            read = Arrays.copyOf(read, near.get().position());
            present.close();
        }
    }

    /** Returns the state, if it can go back to so many tokens, or the last place before these. */
    private Optional<DecodingState> nearest(int tokens) {
        if (tokens > 0 && state.isPresent() && state.get().canTruncate(tokens)) {
            return state;
        }
        for (Iterator<DecodingState> each = places.descendingIterator(); each.hasNext(); ) {
            DecodingState place = each.next();
            if (place.position() <= tokens) {
                return Optional.of(place);
            }
        }
        return Optional.empty();
    }

    /**
     * Keeps a copy of the place where the state is now, unless it goes back by itself. What was
     * read so far stays the beginning of all that {@link #hasRead} is told of.
     */
    void keepPlace() {
        DecodingState present = state.orElseThrow();
        DecodingState last = places.peekLast();
        boolean known = last != null && last.position() == present.position();
        if (!present.goesBack() && present.position() > 0 && !known) {
            if (places.size() == PLACES) {
                places.removeFirst().close();
            }
            places.addLast(present.fork());
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
        places.forEach(DecodingState::close);
        places.clear();
        read = new int[0];
    }
}
