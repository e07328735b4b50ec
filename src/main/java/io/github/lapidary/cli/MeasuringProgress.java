package io.github.lapidary.cli;

/** Moves the bar of a task as runs go on. */
final class MeasuringProgress implements Benchmark.RunListener, AutoCloseable {

    private final Progress bar;
    private final long total;
    private long weight = 1;
    private long done;

    /** Starts with a sum of costs, each times the weight of its model. */
    MeasuringProgress(Progress bar, long total) {
        this.bar = bar;
        this.total = total;
    }

    /** Tells that a model of such weight comes next. */
    void next(long weightOfModel) {
        weight = weightOfModel;
        hide();
    }

    /** Takes the bar away until something is done again. */
    void hide() {
        bar.hide();
    }

    @Override
    public void read(int tokens) {
        add(tokens);
    }

    @Override
    public void stepped() {
        add(LengthTask.cost(1));
    }

    private void add(long cost) {
        done += weight * cost;
        bar.update(done, total);
    }

    @Override
    public void close() {
        bar.close();
    }
}
