package io.github.lapidary;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDManager;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.CheckpointLoader;
import io.github.lapidary.config.GenerationDefaults;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GenerationListener;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.Generator;
import io.github.lapidary.generation.Score;
import io.github.lapidary.generation.ScoreListener;
import io.github.lapidary.generation.ScoreOptions;
import io.github.lapidary.generation.Scorer;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.kernel.format.Processor;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatSource;
import io.github.lapidary.text.TemplateException;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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
            GenerationDefaults defaults) {
        this.manager = manager;
        this.block = block;
        this.tokenizer = tokenizer;
        this.chatSource = chatSource;
        this.defaults = defaults;
        this.generator =
                new Generator(
                        block, manager, tokenizer, block.config().specialTokens().eosTokenIds());
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
        Tokenizer tokenizer =
                checkpoint.metadata().isPresent()
                        ? VocabularyTokenizer.of(checkpoint.metadata().get(), path)
                        : TokenizerJson.load(path);
        try {
            ChatSource chatSource =
                    checkpoint.metadata().isPresent()
                            ? ChatSource.of(checkpoint.metadata().get(), path)
                            : ChatSource.of(path);
            return load(checkpoint, tokenizer, chatSource, options);
        } catch (IOException | MalformedModelException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static LanguageModel load(
            Checkpoint checkpoint, Tokenizer tokenizer, ChatSource chatSource, LoadOptions options)
            throws IOException, MalformedModelException {
        NDManager manager =
                options.device().isPresent()
                        ? NDManager.newBaseManager(options.device().get())
                        : NDManager.newBaseManager();
        try {
            WeightFormat format =
                    options.format()
                            .orElseGet(() -> Processor.preferredFormat(manager.getDevice()));
            CausalLanguageModel block =
                    CheckpointLoader.load(checkpoint, manager, format, options.listener());
            return new LanguageModel(manager, block, tokenizer, chatSource, checkpoint.defaults());
        } catch (IOException | MalformedModelException | RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** Returns the model's configuration. */
    public ModelConfig config() {
        return block.config();
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
     * Continues several texts at once, each exactly as alone.
     *
     * @return the results, in the order of the requests
     * @throws IllegalArgumentException if a prompt is empty, longer than the context, or names a
     *     token outside the vocabulary
     */
    public List<GenerationResult> generate(List<GenerationRequest> requests) {
        return generator.generate(requests);
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

    /** Returns how likely the model holds a text, after the token that begins every text. */
    public Score score(String text) throws IOException {
        return score(encode(text), ScoreOptions.defaults(), ScoreListener.NONE);
    }

    /**
     * Scores tokens.
     *
     * @throws IllegalArgumentException if there is none, or one is outside the vocabulary
     * @throws IOException if the listener throws one
     */
    public Score score(int[] ids, ScoreOptions options, ScoreListener listener) throws IOException {
        return new Scorer(block, manager).score(ids, options, listener);
    }

    /** Returns the ids of a text, with the one token that begins every text. */
    public int[] encode(String text) {
        try (KernelModule.Lease lease = block.lease()) { // the tokenizer closes with the model
            return tokenizer.encode(text, true);
        }
    }

    /** Waits for what the model is computing, and frees its memory. */
    @Override
    public void close() {
        block.closeKernels();
        manager.close();
        tokenizer.close();
    }
}
