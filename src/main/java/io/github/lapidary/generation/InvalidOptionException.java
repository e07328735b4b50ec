package io.github.lapidary.generation;

/** An option of {@link GenerationOptions} or {@link ScoreOptions} that is out of its range. */
public final class InvalidOptionException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String option;
    private final String problem;

    InvalidOptionException(String option, String problem) {
        super("The option " + option + " " + problem + ".");
        this.option = option;
        this.problem = problem;
    }

    /** Returns the name of the option. */
    public String option() {
        return option;
    }

    /**
     * Returns what the message says after the name of the option, for whoever gives it another
     * name: what is allowed and what was found.
     */
    public String problem() {
        return problem;
    }
}
