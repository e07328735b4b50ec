package io.github.lapidary.translate;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.kernel.KernelModule;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatPrompt;
import io.github.lapidary.text.TemplateException;

/** Turns what a caller gives into what a model takes. */
final class Prompts {

    private Prompts() {}

    /** Makes a request of a caller's input. */
    @FunctionalInterface
    interface Reader<I> {

        /**
         * Returns the request.
         *
         * @throws TemplateException if a chat template is missing or broken, or refuses the
         *     conversation
         * @throws IllegalArgumentException if the model cannot take it
         */
        GenerationRequest read(LanguageModel model, I input) throws TemplateException;
    }

    static GenerationRequest of(LanguageModel model, TextRequest request) {
        return new GenerationRequest(encode(model, request.text()), request.options());
    }

    /**
     * Returns the ids of a text.
     *
     * @throws IllegalArgumentException if the model's context cannot hold them
     */
    static int[] encode(LanguageModel model, String text) {
        checkLength(model, text.length());
        return model.encode(text);
    }

    /** Refuses what is surely too long before it is split into tokens, which takes its time. */
    private static void checkLength(LanguageModel model, long characters) {
        long most = (long) model.contextLength() * model.tokenizer().longestPiece();
        if (characters > most) {
            throw new IllegalArgumentException(
                    "The prompt has %d characters; the model's context holds %d tokens, of %d characters in all at the most."
                            .formatted(characters, model.contextLength(), most));
        }
    }

    static GenerationRequest of(LanguageModel model, ChatRequest request) throws TemplateException {
        checkLength(
                model,
                request.prompt().messages().stream()
                        .mapToLong(message -> message.text().length())
                        .sum());
        try (KernelModule.Lease lease = model.block().lease()) { // the tokenizer closes with it
            ChatFormat format = model.chatFormat();
            GenerationOptions options = request.options();
            return new GenerationRequest(
                    format.render(request.prompt(), request.trusted()).ids(),
                    options.ignoreEos() ? options : options.withStopIds(model.replyEndIds()));
        }
    }

    static Reader<String> texts(GenerationOptions options) {
        return (model, text) -> of(model, new TextRequest(text, options));
    }

    static Reader<ChatPrompt> conversations(GenerationOptions options) {
        return (model, prompt) -> of(model, new ChatRequest(prompt, options));
    }
}
