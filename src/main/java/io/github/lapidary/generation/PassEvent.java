package io.github.lapidary.generation;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One run of a model over all its layers, for Java Flight Recorder. */
@Name("io.github.lapidary.Pass")
@Label("Pass")
@Description("One run of a model over all its layers")
@Category("Lapidary")
@StackTrace(false)
final class PassEvent extends Event {

    @Label("Sequences")
    @Description("The generations that took part")
    int sequences;

    @Label("Tokens")
    @Description("The tokens that were read; one for each sequence that is past its prompt")
    int tokens;
}
