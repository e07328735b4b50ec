package io.github.lapidary.translate;

import ai.djl.Model;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationResult;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.text.ChatPrompt;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes the translators of a language model.
 *
 * <p>What goes in: a {@link String} or a {@link TextRequest}, which is continued; a {@link
 * ChatPrompt} or a {@link ChatRequest}, which is answered. What comes out: a {@link String}, a
 * {@link GenerationResult} with ids, log-probabilities, reason of the end and counts, or a {@link
 * TokenStream}, which runs as its tokens are asked for. Besides, DJL Serving's {@link Input} and
 * {@link Output}.
 *
 * <p>Strings and results come when the generation's turn has come; streams run on the thread that
 * asks, at once.
 */
public final class GenerationTranslatorFactory implements TranslatorFactory {

    private static final Map<Class<?>, Function<GenerationResult, ?>> RESULTS =
            Map.of(String.class, GenerationResult::text, GenerationResult.class, result -> result);

    private final GenerationOptions options;
    private final Map<Class<?>, Prompts.Reader<?>> readers;

    /** Makes a factory whose translators take the likeliest tokens, up to 256. */
    public GenerationTranslatorFactory() {
        this(GenerationOptions.defaults());
    }

    /**
     * Makes a factory.
     *
     * @param options for inputs that bring none: strings and {@link ChatPrompt}s
     */
    public GenerationTranslatorFactory(GenerationOptions options) {
        this.options = options;
        Prompts.Reader<TextRequest> textRequests = Prompts::of;
        Prompts.Reader<ChatRequest> chatRequests = Prompts::of;
        readers =
                Map.of(
                        String.class,
                        Prompts.texts(options),
                        TextRequest.class,
                        textRequests,
                        ChatPrompt.class,
                        Prompts.conversations(options),
                        ChatRequest.class,
                        chatRequests);
    }

    /** Returns the options for inputs that bring none. */
    public GenerationOptions options() {
        return options;
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        Set<Pair<Type, Type>> types = new HashSet<>();
        types.add(new Pair<>(Input.class, Output.class));
        for (Class<?> input : readers.keySet()) {
            types.add(new Pair<>(input, TokenStream.class));
            RESULTS.keySet().forEach(output -> types.add(new Pair<>(input, output)));
        }
        return types;
    }

    /**
     * Makes a translator.
     *
     * @param arguments for DJL Serving's types its limits: {@code queue}, {@code maxNewTokens},
     *     {@code maxSeconds}, {@code maxPrompts}, {@code maxBodyBytes}
     * @throws TranslateException if the types are not supported, the model's block is not a {@link
     *     GenerativeBlock}, or an argument is wrong
     */
    @Override
    @SuppressWarnings("unchecked") // the maps pair each class with what is made for it
    public <I, O> Translator<I, O> newInstance(
            Class<I> input, Class<O> output, Model model, Map<String, ?> arguments)
            throws TranslateException {
        if (!isSupported(input, output)) {
            throw new TranslateException(
                    "There is no translator from %s to %s."
                            .formatted(input.getName(), output.getName()));
        }
        try {
            GenerativeBlock.of(model.getBlock());
            if (input == Input.class) {
                ServingLimits limits = ServingLimits.of(new Arguments(arguments));
                return (Translator<I, O>) new ServingHandler(limits);
            }
            Prompts.Reader<I> reader = (Prompts.Reader<I>) readers.get(input);
            if (output == TokenStream.class) {
                return (Translator<I, O>) new StreamTranslator<>(reader);
            }
            return new GenerationTranslator<>(
                    reader, (Function<GenerationResult, O>) RESULTS.get(output));
        } catch (IllegalArgumentException e) {
            throw new TranslateException(e.getMessage(), e);
        }
    }
}
