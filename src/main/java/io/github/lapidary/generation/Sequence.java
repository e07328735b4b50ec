package io.github.lapidary.generation;

import io.github.lapidary.generation.TokenChooser.Choice;
import io.github.lapidary.model.Shortlist;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.text.StreamingDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** One generation in the making: what it has read, what it has written, and whether it ended. */
final class Sequence implements AutoCloseable {

    private static final Optional<FinishReason> LENGTH = Optional.of(FinishReason.LENGTH);

    private final GenerationRequest request;
    private final DecodingState state;
    private final int contextLength;
    private final TokenChooser chooser;
    private final StopRules stopRules;
    private final StopStringMatcher matcher;
    private final StreamingDecoder decoder;
    private final Interruption interruption;
    private final List<GeneratedToken> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final int reused;
    private final long start = System.nanoTime();
    private long prefilled;
    private GenerationResult result;
    private int[] number = {};

    Sequence(
            GenerationRequest request,
            DecodingState state,
            int contextLength,
            TokenChooser chooser,
            StopRules stopRules,
            StreamingDecoder decoder) {
        this.request = request;
        this.state = state;
        this.reused = state.position();
        this.contextLength = contextLength;
        this.chooser = chooser;
        this.stopRules = stopRules;
        this.matcher = stopRules.newMatcher();
        this.decoder = decoder;
        this.interruption =
                new Interruption(
                        request.cancellation(), request.options().deadline(), System::nanoTime);
    }

    /** Tells which of several requests it is for. */
    void setNumber(int newNumber) {
        number = new int[] {newNumber};
    }

    /** Returns which of several requests it is for; nothing of one alone. */
    IntStream number() {
        return IntStream.of(number);
    }

    DecodingState state() {
        return state;
    }

    /** Returns the next tokens for the model to read, at most so many. */
    int[] next(int atMost) {
        int[] prompt = request.prompt();
        int read = state.position();
        if (read < prompt.length) {
            return Arrays.copyOfRange(prompt, read, Math.min(prompt.length, read + atMost));
        }
        return new int[] {tokens.get(tokens.size() - 1).id()};
    }

    /** Returns whether the model has read all there is, so that a token can be chosen. */
    boolean isReady() {
        return state.position() >= request.prompt().length;
    }

    /** Returns how many of the likeliest tokens a choice needs to know; 0 for all. */
    int needed() {
        return chooser.needed();
    }

    /** Tells the listener how much of the prompt was read. */
    void hasRead() {
        int promptTokens = request.prompt().length;
        if (tokens.isEmpty()) {
            request.listener().onPrefill(Math.min(state.position(), promptTokens), promptTokens);
        }
        if (isReady() && prefilled == 0) {
            prefilled = System.nanoTime();
        }
    }

    /** Chooses the next token from its logits. */
    void choose(float[] logits) {
        accept(chooser.next(logits));
    }

    /** Chooses the next token from those that are needed. */
    void choose(Shortlist shortlist) {
        accept(chooser.next(shortlist));
    }

    private void accept(Choice choice) {
        boolean stop = stopRules.endsAt(choice.id());
        String piece = "";
        if (stop) {
            piece = matcher.append(decoder.finish()) + matcher.finish();
        } else {
            piece = matcher.append(textOf(choice.id()));
        }
        boolean full =
                tokens.size() + 1 == request.options().maxNewTokens()
                        || request.prompt().length + tokens.size() + 1 == contextLength;
        if (!stop && !matcher.matched() && full) {
            piece += matcher.append(decoder.finish());
            piece += matcher.finish();
        }
        GeneratedToken token = new GeneratedToken(choice.id(), piece, choice.logProbabilities());
        tokens.add(token);
        request.listener().onToken(token);
        release(piece);
        if (stop || matcher.matched()) {
            finish(FinishReason.STOP);
        } else if (full) {
            finish(FinishReason.LENGTH);
        }
    }

    /** A model may have more tokens than its tokenizer, as padding; they stand for no text. */
    private String textOf(int id) {
        return decoder.knows(id) ? decoder.add(id) : "";
    }

    private void release(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            request.listener().onText(piece);
        }
    }

    /**
     * Returns why no further token may be generated, if so: an interruption, or a prompt that
     * leaves no room in the context.
     */
    Optional<FinishReason> reasonToEnd() {
        boolean full = request.prompt().length == contextLength;
        return interruption.reason().or(() -> full ? LENGTH : Optional.empty());
    }

    /** Ends the generation between tokens; what was held back of its text becomes certain. */
    void end(FinishReason reason) {
        String rest = matcher.append(decoder.finish());
        release(rest + matcher.finish());
        finish(reason);
    }

    private void finish(FinishReason reason) {
        long end = System.nanoTime();
        long decodeStart = prefilled == 0 ? end : prefilled;
        result =
                new GenerationResult(
                        request.prompt().length,
                        reused,
                        tokens,
                        text.toString(),
                        reason,
                        (decodeStart - start) / 1e9,
                        (end - decodeStart) / 1e9);
        request.listener().onFinish(result);
    }

    boolean isFinished() {
        return result != null;
    }

    /** Returns whether it came to its end, and nothing from outside ended it. */
    boolean endedByItself() {
        return isFinished()
                && (result.finishReason() == FinishReason.STOP
                        || result.finishReason() == FinishReason.LENGTH);
    }

    List<GeneratedToken> tokens() {
        return tokens;
    }

    GenerationResult result() {
        return result;
    }

    /** Returns the text that is certain so far. */
    String text() {
        return text.toString();
    }

    /** Returns the tokens that the model has read: the prompt's, then those it wrote. */
    int[] read() {
        IntStream written = tokens.stream().mapToInt(GeneratedToken::id);
        return IntStream.concat(Arrays.stream(request.prompt()), written)
                .limit(state.position())
                .toArray();
    }

    @Override
    public void close() {
        state.close();
    }
}
