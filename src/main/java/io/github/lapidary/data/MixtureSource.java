package io.github.lapidary.data;

/**
 * Documents that take part in a mixture.
 *
 * @param name what the source is called
 * @param documents what it has
 * @param weight how large its share of the rows is
 */
public record MixtureSource(String name, DocumentSet documents, WeightSchedule weight) {

    /** Returns a source whose share does not change. */
    public static MixtureSource of(String name, DocumentSet documents, double weight) {
        return new MixtureSource(name, documents, WeightSchedule.constant(weight));
    }
}
