package io.github.lapidary.checkpoint;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The loading of a model's weights, for Java Flight Recorder. */
@Name("io.github.lapidary.Load")
@Label("Load")
@Description("The loading of a model's weights")
@Category("Lapidary")
@StackTrace(false)
final class LoadEvent extends Event {

    @Label("Path")
    String path;

    @Label("Format")
    @Description("The format that the model computes in")
    String format;

    @Label("Parameters")
    @Description("The number of weights")
    long parameters;
}
