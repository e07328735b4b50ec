package io.github.lapidary.generation;

/**
 * A generation to run.
 *
 * @param prompt the ids it begins with, at least one
 * @param options how tokens are chosen and when to end
 * @param listener hears of its progress
 * @param cancellation ends it from outside
 */
@SuppressWarnings("ArrayRecordComponent") // a prompt is read once, and never compared
public record GenerationRequest(
        int[] prompt,
        GenerationOptions options,
        GenerationListener listener,
        Cancellation cancellation) {

    /** Describes a generation that nobody watches or cancels. */
    public GenerationRequest(int[] prompt, GenerationOptions options) {
        this(prompt, options, new GenerationListener() {}, new Cancellation());
    }
}
