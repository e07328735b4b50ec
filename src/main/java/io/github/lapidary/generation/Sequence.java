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
    private final boolean lastAlone;
    private final int contextLength;
    private final TokenChooser chooser;
    private final StopRules stopRules;
    private final StopStringMatcher matcher;
    private final StreamingDecoder decoder;
    private final Interruption interruption;
    private final boolean keeps;
    private final List<GeneratedToken> tokens = new ArrayList<>(); // the last one, if none is kept
    private final StringBuilder text = new StringBuilder();
    private final int reused;
    private final long start = System.nanoTime();
    private int written;
    private long prefilled;
    private GenerationResult result;
    private RuntimeException failure;
    private int[] number = {};

    /**
     * Starts a generation.
     *
     * @param keeps whether it keeps what it writes, for a result or a conversation
     */
    Sequence(
            GenerationRequest request,
            boolean keeps,
            StateOwner owner,
            int contextLength,
            TokenChooser chooser,
            StopRules stopRules,
            StreamingDecoder decoder) {
        this.request = request;
        this.keeps = keeps;
        this.state = owner.lend(request.prompt());
        this.lastAlone = owner.wantsLastAlone(state);
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
            int end = lastAlone && read < prompt.length - 1 ? prompt.length - 1 : prompt.length;
            return Arrays.copyOfRange(prompt, read, Math.min(end, read + atMost));
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
        if (written == 0) {
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
            piece = matcher.append(decoder.finishWithCharacter()) + matcher.finish();
        } else {
            piece = matcher.append(textOf(choice.id()));
        }
        boolean full =
                written + 1 == request.options().maxNewTokens()
                        || request.prompt().length + written + 1 == contextLength;
        if (!stop && !matcher.matched() && full) {
            piece += matcher.append(decoder.finishWithCharacter());
            piece += matcher.finish();
        }
        GeneratedToken token = new GeneratedToken(choice.id(), piece, choice.logProbabilities());
        add(token);
        request.listener().onToken(token);
        release(piece);
        if (stop || matcher.matched()) {
            finish(FinishReason.STOP);
        } else if (full) {
            finish(FinishReason.LENGTH);
        }
    }

    private void add(GeneratedToken token) {
        if (!keeps) {
            tokens.clear();
        }
        tokens.add(token);
        written++;
    }

    /** A model may have more tokens than its tokenizer, as padding; they stand for no text. */
    private String textOf(int id) {
        return decoder.knows(id) ? decoder.add(id) : "";
    }

    private void release(String piece) {
        if (!piece.isEmpty()) {
            if (keeps) {
                text.append(piece);
            }
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
        String rest = matcher.append(decoder.finishWithCharacter());
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
                        written,
                        keeps ? tokens : List.of(),
                        text.toString(),
                        reason,
                        (decodeStart - start) / 1e9,
                        (end - decodeStart) / 1e9);
        request.listener().onFinish(result);
    }

    boolean isFinished() {
        return result != null;
    }

    /** Runs a step that may fail by its listener; the sequence is then over. */
    void attempt(Runnable step) {
        if (failure == null) {
            try {
                step.run();
            } catch (RuntimeException e) {
                failure = e;
            }
        }
    }

    /** Returns whether there is nothing more to do: it has finished or failed. */
    boolean isOver() {
        return isFinished() || failure != null;
    }

    /** Returns why it failed, if it did. */
    Optional<RuntimeException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Returns whether it came to its end, and nothing from outside ended it. */
    boolean endedByItself() {
        return isFinished()
                && (result.finishReason() == FinishReason.STOP
                        || result.finishReason() == FinishReason.LENGTH);
    }

    /** Returns how many tokens it has written. */
    int written() {
        return written;
    }

    /** Returns whether it keeps what it writes; if not, it holds the last token only. */
    boolean keeps() {
        return keeps;
    }

    /** Returns one that it holds of its tokens, which count from 0. */
    GeneratedToken token(int index) {
        return tokens.get(tokens.size() - written + index);
    }

    GenerationResult result() {
        return result;
    }

    /** Returns the text that is certain so far, if it is kept. */
    String text() {
        return text.toString();
    }

    /**
     * Returns the tokens that the model has read: the prompt's, then those it wrote, if these are
     * kept.
     */
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
