package io.github.lapidary.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.Shortlist;
import io.github.lapidary.nn.RoutingListener;
import io.github.lapidary.nn.Step;
import io.github.lapidary.state.DecodingState;
import io.github.lapidary.state.Snapshot;
import io.github.lapidary.text.StreamingDecoder;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Generates text with a model.
 *
 * <p>It may be used from many threads; generations that run at once do not disturb each other.
 */
public final class Generator {

    private static final Cleaner FORGOTTEN = Cleaner.create();

    private final CausalLanguageModel model;
    private final NDManager manager;
    private final Tokenizer tokenizer;
    private final Set<Integer> endIds;
    private final int contextLength;

    /**
     * Makes a generator; it owns none of what it is given.
     *
     * @param manager the model's, below which generations make theirs
     * @param endIds the tokens that end a text
     * @param contextLength how many tokens a prompt and what follows it have at most
     */
    public Generator(
            CausalLanguageModel model,
            NDManager manager,
            Tokenizer tokenizer,
            Collection<Integer> endIds,
            int contextLength) {
        this.model = model;
        this.manager = manager;
        this.tokenizer = tokenizer;
        this.endIds = Set.copyOf(endIds);
        this.contextLength = contextLength;
    }

    /** Returns how many tokens a prompt and what follows it have at most. */
    public int contextLength() {
        return contextLength;
    }

    /**
     * Starts a generation that runs as its tokens are asked for; the caller closes it. A stream
     * that is forgotten instead is closed some time after the last reference to it is gone.
     *
     * @throws ContextLengthException if the prompt is longer than the model's context
     * @throws IllegalArgumentException if the prompt is empty, or names a token outside the
     *     vocabulary
     */
    public TokenStream stream(GenerationRequest request) {
        return stream(request, ownState());
    }

    /** Starts a generation in a state that it closes at its end, or when it is forgotten. */
    TokenStream stream(GenerationRequest request, ReusedState state) {
        return stream(request, new OwnState(state));
    }

    private TokenStream stream(GenerationRequest request, OwnState own) {
        TokenStream stream = stream(request, (StateOwner) own);
        FORGOTTEN.register(stream, own::close);
        return stream;
    }

    /** Starts a generation in a state that its owner lends, and keeps. */
    TokenStream stream(GenerationRequest request, StateOwner owner) {
        return new TokenStream(this, open(request, owner), owner);
    }

    /**
     * Generates for several prompts at once, each as alone.
     *
     * <p>No sequence sees another, and the same arithmetic runs for all. But a processor's products
     * may round otherwise with other numbers of rows: then log-probabilities differ in their last
     * digits, in bfloat16 from the third on, and tokens that are equally likely to within that may
     * change places.
     *
     * @return the results, in the order of the requests
     * @throws RuntimeException what a listener has thrown, once the others have ended
     * @throws ContextLengthException if a prompt is longer than the model's context
     * @throws IllegalArgumentException if a prompt is empty, or names a token outside the
     *     vocabulary
     */
    public List<GenerationResult> generate(List<GenerationRequest> requests) {
        List<Sequence> sequences = new ArrayList<>();
        try {
            requests.forEach(request -> sequences.add(open(request, ownState())));
            if (sequences.size() > 1) {
                IntStream.range(0, sequences.size()).forEach(i -> sequences.get(i).setNumber(i));
            }
            List<Sequence> running = new ArrayList<>(sequences);
            while (!running.isEmpty()) {
                step(running, this::pass);
                running.stream().filter(Sequence::isOver).forEach(Sequence::close);
                running.removeIf(Sequence::isOver);
            }
            throwFailure(sequences);
            return sequences.stream().map(Sequence::result).toList();
        } finally {
            sequences.forEach(Sequence::close);
        }
    }

    /**
     * Does nothing for a request that could be generated.
     *
     * @throws ContextLengthException if the prompt is longer than the context
     * @throws IllegalArgumentException if the prompt is empty, or it or an option names a token
     *     outside the vocabulary
     */
    public void check(GenerationRequest request) {
        chooser(request);
    }

    private TokenChooser chooser(GenerationRequest request) {
        int[] prompt = request.prompt();
        if (prompt.length == 0) {
            throw new IllegalArgumentException("The prompt is empty; it needs at least a token.");
        }
        if (prompt.length > contextLength) {
            throw new ContextLengthException(prompt.length, contextLength);
        }
        return new TokenChooser(request.options(), prompt, model.config().vocabSize());
    }

    private Sequence open(GenerationRequest request, StateOwner owner) {
        TokenChooser chooser = chooser(request);
        StopRules stopRules = StopRules.of(request.options(), endIds);
        StreamingDecoder decoder = tokenizer.streamingDecoder(true);
        boolean keeps = request.options().keepTokens() || owner.keepsText();
        return new Sequence(request, keeps, owner, contextLength, chooser, stopRules, decoder);
    }

    /** Returns an empty state, which the caller closes, or the model. */
    DecodingState newState() {
        try (KernelModule.Lease lease = model.lease()) {
            return model.newState(manager);
        }
    }

    /**
     * Lets the model read a text for generations that begin with it; the caller closes what it
     * remembers, or the model does.
     *
     * @param ids the text, at least one token
     * @param cancellation ends the reading
     * @throws ContextLengthException if the text is longer than the context
     * @throws IllegalArgumentException if the text is empty, or names a token outside the
     *     vocabulary
     * @throws java.util.concurrent.CancellationException if it was cancelled, or the thread was
     *     interrupted
     */
    public Prefix read(int[] ids, Cancellation cancellation) {
        chooser(new GenerationRequest(ids, GenerationOptions.defaults()));
        ReusedState state = new ReusedState(this::newState);
        try {
            new PrefixReader(model, manager, cancellation).read(state, ids);
            return new Prefix(this, state);
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    /**
     * Lets the model read a text, and a listener know to which experts it sends each token.
     *
     * @param ids the text, at least one token
     * @param listener told of each sparse layer in the order of the text, of at most {@link
     *     CausalLanguageModel#chunk()} tokens at once
     * @param cancellation ends the reading
     * @throws ContextLengthException if the text is longer than the context
     * @throws IllegalArgumentException if the model has no experts, or the text is empty, or names
     *     a token outside the vocabulary
     * @throws java.util.concurrent.CancellationException if it was cancelled, or the thread was
     *     interrupted
     */
    public void route(int[] ids, RoutingListener listener, Cancellation cancellation) {
        if (model.config().numExperts() == 0) {
            throw new IllegalArgumentException(
                    "The model, a " + model.config().modelType() + ", has no experts.");
        }
        chooser(new GenerationRequest(ids, GenerationOptions.defaults()));
        try (DecodingState state = newState()) {
            new PrefixReader(model, manager, cancellation).route(state, ids, listener);
        }
    }

    /**
     * Restores what {@link Prefix#save} or {@link Conversation#save} has saved; the caller closes
     * it, or the model does.
     *
     * @throws io.github.lapidary.file.MalformedFileException if the file is none of this model and
     *     format, or is damaged; the message says which, and nothing is restored
     * @throws IOException if the file cannot be read
     */
    public Prefix restore(Path file) throws IOException {
        return new Prefix(this, new ReusedState(this::newState, restoreState(file)));
    }

    /** Restores a sequence; the caller closes it, or the model does. */
    Snapshot restoreState(Path file) throws IOException {
        return model.restoreState(file, manager);
    }

    /** Saves a sequence. */
    void saveState(Snapshot snapshot, Path file) throws IOException {
        model.saveState(snapshot, file);
    }

    /** Returns the ids of a text that follows another. */
    int[] encodeFurther(String text) {
        try (KernelModule.Lease lease = lease()) { // the tokenizer closes with the model
            return tokenizer.encode(text, false);
        }
    }

    /** Holds off closing the model until the lease is closed, on the thread that took it. */
    KernelModule.Lease lease() {
        return model.lease();
    }

    private static void throwFailure(List<Sequence> sequences) {
        List<RuntimeException> failures =
                sequences.stream().flatMap(sequence -> sequence.failure().stream()).toList();
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.stream().filter(other -> other != first).forEach(first::addSuppressed);
            throw first;
        }
    }

    /**
     * Lets a sequence read a chunk of its prompt, or write a token.
     *
     * @throws RuntimeException what its listener throws
     */
    void step(Sequence sequence, StateOwner owner) {
        step(List.of(sequence), active -> owner.run(() -> pass(active)));
        throwFailure(List.of(sequence));
    }

    /** Lets each sequence read a chunk of its prompt, or write a token; some may then be over. */
    private static void step(
            List<Sequence> sequences, Function<List<Sequence>, List<Runnable>> pass) {
        List<Sequence> active = new ArrayList<>();
        for (Sequence sequence : sequences) {
            Optional<FinishReason> reason = sequence.reasonToEnd();
            if (reason.isPresent()) {
                sequence.attempt(() -> sequence.end(reason.get()));
            } else {
                active.add(sequence);
            }
        }
        if (!active.isEmpty()) {
            pass.apply(active).forEach(Runnable::run);
        }
    }

    /**
     * Runs the model once.
     *
     * @return what is to be done with its results once nothing is held any longer: listeners may
     *     close the model
     */
    private List<Runnable> pass(List<Sequence> active) {
        List<int[]> chunks = active.stream().map(sequence -> sequence.next(model.chunk())).toList();
        int[] counts = chunks.stream().mapToInt(chunk -> chunk.length).toArray();
        List<DecodingState> states = active.stream().map(Sequence::state).toList();
        PassEvent event = new PassEvent();
        event.begin();
        try (KernelModule.Lease lease = model.lease();
                NDManager scope = manager.newSubManager();
                Step step = Step.of(scope, states, counts)) {
            step.nameSequences(active.stream().flatMapToInt(Sequence::number).toArray());
            long[] ids = chunks.stream().flatMapToInt(IntStream::of).asLongStream().toArray();
            NDArray x =
                    model.forwardToLast(step, scope.create(ids), () -> endIfAllInterrupted(active));
            List<Runnable> choices = choices(active, x);
            event.sequences = counts.length;
            event.tokens = ids.length;
            event.commit();
            return choices;
        } catch (AllInterrupted e) {
            return List.of(); // the next step finds out why
        }
    }

    private List<Runnable> choices(List<Sequence> active, NDArray x) {
        List<Runnable> actions = new ArrayList<>();
        active.forEach(sequence -> actions.add(() -> sequence.attempt(sequence::hasRead)));
        int[] listed = rows(active, sequence -> sequence.needed() > 0);
        if (listed.length > 0) {
            int most = IntStream.of(listed).map(row -> active.get(row).needed()).max().getAsInt();
            List<Shortlist> shortlists = model.shortlists(select(x, listed), most);
            for (int i = 0; i < listed.length; i++) {
                Sequence sequence = active.get(listed[i]);
                Shortlist own = shortlists.get(i);
                actions.add(() -> sequence.attempt(() -> sequence.choose(own)));
            }
        }
        int[] others = rows(active, sequence -> sequence.needed() == 0);
        if (others.length > 0) {
            NDArray logits = model.logits(select(x, others));
            for (int i = 0; i < others.length; i++) {
                Sequence sequence = active.get(others[i]);
                float[] own = logits.get(i).toFloatArray();
                actions.add(() -> sequence.attempt(() -> sequence.choose(own)));
            }
        }
        return actions;
    }

    /** Returns the places of those that are ready to choose a token, and are such. */
    private static int[] rows(List<Sequence> active, Predicate<Sequence> test) {
        return IntStream.range(0, active.size())
                .filter(i -> active.get(i).isReady() && test.test(active.get(i)))
                .toArray();
    }

    private NDArray select(NDArray x, int... rows) {
        return rows.length == x.getShape().get(0)
                ? x
                : model.select(x, IntStream.of(rows).asLongStream().toArray());
    }

    private static void endIfAllInterrupted(List<Sequence> active) {
        if (active.stream().allMatch(sequence -> sequence.reasonToEnd().isPresent())) {
            throw new AllInterrupted();
        }
    }

    private OwnState ownState() {
        return new OwnState(new ReusedState(this::newState));
    }

    /** A state for one generation alone. */
    private record OwnState(ReusedState reused) implements StateOwner {

        @Override
        public DecodingState lend(int[] prompt) {
            return reused.continuing(prompt);
        }

        @Override
        public boolean wantsLastAlone(DecodingState state) {
            return false;
        }

        @Override
        public boolean keepsText() {
            return false;
        }

        void close() {
            reused.close();
        }

        @Override
        public <T> T run(Supplier<T> pass) {
            return pass.get();
        }

        @Override
        public void takeBack(Sequence sequence, boolean failed) {
            sequence.close();
        }
    }

    /** Nobody waits for the pass any longer. */
    private static final class AllInterrupted extends RuntimeException {

        private static final long serialVersionUID = 1L;

        AllInterrupted() {
            super(null, null, false, false);
        }
    }
}
