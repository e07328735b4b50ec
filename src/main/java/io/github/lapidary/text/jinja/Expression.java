package io.github.lapidary.text.jinja;

/** A part of a template that comes to a value. */
sealed interface Expression permits Primary, Access, Operation {

    /** Returns the line it stands in, counted from 1. */
    int line();

    /** Computes the value; called by {@link #evaluate}. */
    Value compute(Scope scope);

    /** Computes the value, as one step; errors get its line. */
    default Value evaluate(Scope scope) {
        Rendering rendering = scope.rendering();
        try {
            rendering.enter();
            try {
                return compute(scope);
            } finally {
                rendering.leave();
            }
        } catch (JinjaException e) {
            throw e.at(line());
        }
    }
}
