package io.github.lapidary.text.jinja;

/** What can be called: a function, a method with its object, or a macro. */
non-sealed interface Callable extends Value {

    /** Calls it. */
    Value call(Arguments arguments, Rendering rendering);

    @Override
    default boolean truth() {
        return true;
    }

    @Override
    default String type() {
        return "function";
    }
}
