package io.github.lapidary.nn;

/** Says which token a row of a pass is, for messages. */
@FunctionalInterface
public interface RowNames {

    /** Returns the name of a row, counted from 0, such as {@code token 3 of sequence 1}. */
    String of(long row);
}
