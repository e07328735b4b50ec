package io.github.lapidary;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.ConversationOptions;
import io.github.lapidary.generation.GenerationListener;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.Generator;
import io.github.lapidary.generation.Prefix;
import io.github.lapidary.generation.Score;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.generation.Scorer;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.generation.Turn;
import io.github.lapidary.inspection.RoutingReport;
import io.github.lapidary.kernel.KernelEngine;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.NativeHeap;
import io.github.lapidary.kernel.format.Processor;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.nn.RoutingListener;
import io.github.lapidary.nn.TokenRoute;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatSource;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.TemplateException;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A language model with its tokenizer, loaded and ready to write.
 *
 * <p>It may be used from many threads at once. Close it to free its memory; generations that still
 * run then end with a {@link io.github.lapidary.kernel.ModelClosedException}.
 *
 * <pre>{@code
 * try (LanguageModel model = LanguageModel.load(Path.of("gemma-3-270m"))) {
 *     System.out.println(model.generate("The capital of France is"));
 * }
 * }</pre>
 */
public final class LanguageModel implements AutoCloseable {

    private static final String END_OF_TURN = "<end_of_turn>";
    private static final int REPLY_TOKENS = 1024;

    private final NDManager manager;
    private final CausalLanguageModel block;
    private final Tokenizer tokenizer;
    private final ChatSource chatSource;
    private final GenerationDefaults defaults;
    private final Generator generator;

    private LanguageModel(
            NDManager manager,
            CausalLanguageModel block,
            Tokenizer tokenizer,
            ChatSource chatSource,
            GenerationDefaults defaults,
            int contextLength) {
        this.manager = manager;
        this.block = block;
        this.tokenizer = tokenizer;
        this.chatSource = chatSource;
        this.defaults = defaults;
        this.generator =
                new Generator(
                        block,
                        manager,
                        tokenizer,
                        block.config().specialTokens().eosTokenIds(),
                        contextLength);
    }

    /**
     * Loads a model from a Hugging Face folder or a GGUF file.
     *
     * @throws IOException if a file is missing or not well formed; the message names the file, what
     *     was expected and what was found
     * @throws MalformedModelException if the tensors do not fit the configuration; the message
     *     lists every one
     */
    public static LanguageModel load(Path path) throws IOException, MalformedModelException {
        return load(path, LoadOptions.defaults());
    }

    /**
     * Loads a model from a Hugging Face folder or a GGUF file.
     *
     * @throws IOException if a file is missing or not well formed; the message names the file, what
     *     was expected and what was found
     * @throws MalformedModelException if the tensors do not fit the configuration; the message
     *     lists every one
     */
    public static LanguageModel load(Path path, LoadOptions options)
            throws IOException, MalformedModelException {
        Checkpoint checkpoint = Checkpoint.open(path);
        ChatSource chatSource =
                checkpoint.metadata().isPresent()
                        ? ChatSource.of(checkpoint.metadata().get(), path)
                        : ChatSource.of(path);
        try (TokenizerLoading tokenizer = TokenizerLoading.start(checkpoint)) {
            return load(checkpoint, tokenizer, chatSource, options);
        }
    }

    /**
     * Loads the tokenizer of a checkpoint alone; the caller closes it.
     *
     * @throws IOException if a file is missing or not well formed
     */
    public static Tokenizer tokenizer(Checkpoint checkpoint) throws IOException {
        return checkpoint.metadata().isPresent()
                ? VocabularyTokenizer.of(checkpoint.metadata().get(), checkpoint.path())
                : TokenizerJson.load(checkpoint.path());
    }

    private static LanguageModel load(
            Checkpoint checkpoint,
            TokenizerLoading tokenizer,
            ChatSource chatSource,
            LoadOptions options)
            throws IOException, MalformedModelException {
        int contextLength = contextLength(checkpoint.config(), options);
        NDManager manager =
                options.device().isPresent()
                        ? KernelEngine.newManager(options.device().get())
                        : KernelEngine.newManager();
        try {
            WeightFormat format =
                    options.format()
                            .orElseGet(() -> Processor.preferredFormat(manager.getDevice()));
            CausalLanguageModel block =
                    CheckpointLoader.load(
                            checkpoint, manager, format, options.experts(), options.listener());
            return new LanguageModel(
                    manager,
                    block,
                    tokenizer.take(),
                    chatSource,
                    checkpoint.defaults(),
                    contextLength);
        } catch (IOException | MalformedModelException | RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    private static int contextLength(ModelConfig config, LoadOptions options) {
        int longest = config.maxPositionEmbeddings();
        int wanted = options.contextLength().orElse(longest);
        if (wanted > longest) {
            throw new IllegalArgumentException(
                    "The model's context holds " + longest + " tokens, not " + wanted + ".");
        }
        return wanted;
    }

    /** Returns the model's configuration. */
    public ModelConfig config() {
        return block.config();
    }

    /** Returns how many tokens a prompt and what follows it have at most. */
    public int contextLength() {
        return generator.contextLength();
    }

    /** Returns how the model's makers would generate. */
    public GenerationDefaults defaults() {
        return defaults;
    }

    /** Returns the tokenizer, which closes with the model. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /**
     * Returns how the model reads conversations.
     *
     * @throws TemplateException if it has no chat template, or a broken one
     */
    public ChatFormat chatFormat() throws TemplateException {
        return chatSource.format(tokenizer);
    }

    /** Returns the model as a tree of DJL blocks; printing it shows them and their parameters. */
    public CausalLanguageModel block() {
        return block;
    }

    /** Continues a text with the likeliest tokens and returns what was written. */
    public String generate(String prompt) {
        return generate(prompt, GenerationOptions.defaults()).text();
    }

    /**
     * Continues a text.
     *
     * @throws IllegalArgumentException if the prompt does not fit the context
     */
    public GenerationResult generate(String prompt, GenerationOptions options) {
        return generate(List.of(new GenerationRequest(encode(prompt), options))).get(0);
    }

    /**
     * Continues several texts at once, each as alone.
     *
     * <p>No sequence sees another, and the same arithmetic runs for all. But a processor's products
     * may round otherwise with other numbers of rows: then log-probabilities differ in their last
     * digits, in bfloat16 from the third on, and tokens that are equally likely to within that may
     * change places.
     *
     * @return the results, in the order of the requests
     * @throws RuntimeException what a listener has thrown, once the others have ended
     * @throws IllegalArgumentException if a prompt is empty, longer than the context, or names a
     *     token outside the vocabulary
     */
    public List<GenerationResult> generate(List<GenerationRequest> requests) {
        return generator.generate(requests);
    }

    /**
     * Does nothing for a request that could be generated.
     *
     * @throws IllegalArgumentException if the prompt is empty, longer than the context, or it or an
     *     option names a token outside the vocabulary
     */
    public void check(GenerationRequest request) {
        generator.check(request);
    }

    /** Starts to continue a text, token by token as they are asked for; close the stream. */
    public TokenStream stream(String prompt, GenerationOptions options) {
        return stream(
                new GenerationRequest(
                        encode(prompt), options, new GenerationListener() {}, new Cancellation()));
    }

    /**
     * Starts a generation that runs as its tokens are asked for; close the stream.
     *
     * @throws IllegalArgumentException if the prompt is empty, longer than the context, or names a
     *     token outside the vocabulary
     */
    public TokenStream stream(GenerationRequest request) {
        return generator.stream(request);
    }

    /**
     * Lets the model read a text once, for any number of generations that begin with it; close it.
     *
     * @throws IllegalArgumentException if the text does not fit the context
     */
    public Prefix read(String text) {
        return read(encode(text), new Cancellation());
    }

    /**
     * Lets the model read tokens once, for any number of generations that begin with them; close
     * it.
     *
     * @throws IllegalArgumentException if there is none, more than the context holds, or one
     *     outside the vocabulary
     * @throws java.util.concurrent.CancellationException if the reading was cancelled
     */
    public Prefix read(int[] ids, Cancellation cancellation) {
        return generator.read(ids, cancellation);
    }

    /**
     * Restores what {@link Prefix#save} has saved, in this process or another; close it.
     *
     * @throws io.github.lapidary.file.MalformedFileException if the file is none of this model and
     *     format, or is damaged; the message says which, and nothing is restored
     * @throws IOException if the file cannot be read
     */
    public Prefix restore(Path file) throws IOException {
        return generator.restore(file);
    }

    /**
     * Begins a conversation whose replies are generated as {@link #replyOptions()} say; close it.
     *
     * @throws TemplateException if the model has no chat template, or a broken one
     */
    public Conversation conversation() throws TemplateException {
        return conversation(ConversationOptions.of(replyOptions().build()));
    }

    /**
     * Begins a conversation; close it.
     *
     * @throws TemplateException if the model has no chat template, or a broken one
     */
    public Conversation conversation(ConversationOptions options) throws TemplateException {
        ChatFormat format = chatFormat();
        Generator replies =
                new Generator(block, manager, tokenizer, endIds(format), generator.contextLength());
        return new Conversation(replies, format, options);
    }

    /**
     * Replies to the last of some messages.
     *
     * @throws TemplateException if the model has no chat template, or that refuses the messages
     * @throws IllegalArgumentException if there is nothing to reply to, or no room for a reply
     */
    public GenerationResult chat(List<Message> messages, GenerationOptions options)
            throws TemplateException {
        try (Conversation conversation = conversation(ConversationOptions.of(options))) {
            return conversation.send(new Turn(messages, options));
        }
    }

    /**
     * Returns options for replies, to be changed at will: as the model's makers would generate, and
     * at most 1024 tokens unless they name another number.
     */
    public GenerationOptions.Builder replyOptions() {
        GenerationOptions.Builder builder = GenerationOptions.builder(defaults);
        return defaults.maxNewTokens().isPresent() ? builder : builder.maxNewTokens(REPLY_TOKENS);
    }

    /**
     * Returns the tokens that end a reply: the model's end tokens, and that which ends a turn.
     *
     * @throws TemplateException if the model has no chat template, or a broken one
     */
    public Set<Integer> replyEndIds() throws TemplateException {
        return endIds(chatFormat());
    }

    /** A reply also ends where the template ends a turn: not every checkpoint names that token. */
    private Set<Integer> endIds(ChatFormat format) {
        Set<Integer> ids = new TreeSet<>(config().specialTokens().eosTokenIds());
        if (format.template().source().contains(END_OF_TURN)) {
            tokenizer.id(END_OF_TURN).ifPresent(ids::add);
        }
        return ids;
    }

    /** Returns how likely the model holds a text, after the token that begins every text. */
    public Score score(String text) throws IOException {
        return score(encode(text), ScoreOptions.defaults(), ScoreListener.NONE);
    }

    /**
     * Scores tokens, in windows that overlap if they are more than the context holds.
     *
     * @throws IllegalArgumentException if there is none, one is outside the vocabulary, or the
     *     stride is larger than the context
     * @throws IOException if the listener throws one
     */
    public Score score(int[] ids, ScoreOptions options, ScoreListener listener) throws IOException {
        return new Scorer(block, manager, contextLength()).score(ids, options, listener);
    }

    /**
     * Returns to which experts the model sends the tokens of a text, after the token that begins
     * every text.
     *
     * @throws IllegalArgumentException if the model has no experts, or the text does not fit the
     *     context
     */
    public RoutingReport route(String text) {
        return route(encode(text), new Cancellation());
    }

    /**
     * Returns to which experts the model sends tokens.
     *
     * @throws IllegalArgumentException if the model has no experts, or there is no token, more than
     *     the context holds, or one outside the vocabulary
     * @throws java.util.concurrent.CancellationException if the reading was cancelled
     */
    public RoutingReport route(int[] ids, Cancellation cancellation) {
        Map<Integer, List<TokenRoute>> heard = new HashMap<>();
        route(
                ids,
                (layer, routes) ->
                        heard.computeIfAbsent(layer, number -> new ArrayList<>()).addAll(routes),
                cancellation);
        return RoutingReport.of(ids, config().numExperts(), heard);
    }

    /**
     * Lets the model read tokens, and a listener know to which experts it sends each.
     *
     * @param listener told of each sparse layer in the order of the text, of at most {@link
     *     CausalLanguageModel#chunk()} tokens at once
     * @throws IllegalArgumentException if the model has no experts, or there is no token, more than
     *     the context holds, or one outside the vocabulary
     * @throws java.util.concurrent.CancellationException if the reading was cancelled
     */
    public void route(int[] ids, RoutingListener listener, Cancellation cancellation) {
        generator.route(ids, listener, cancellation);
    }

    /** Returns the ids of a text, with the one token that begins every text. */
    public int[] encode(String text) {
        try (KernelModule.Lease lease = block.lease()) { // the tokenizer closes with the model
            return tokenizer.encode(text, true);
        }
    }

    /**
     * Waits for what the model is computing, and frees its memory: all of it, where the C library
     * is glibc, else what that gives back by itself.
     */
    @Override
    public void close() {
        block.closeKernels();
        manager.close();
        tokenizer.close();
        NativeHeap.trim();
    }
}
