package io.github.lapidary.text;

/** A template in the language Jinja that turns a conversation into text. */
public final class ChatTemplate {

    private final String name;
    private final String source;

    private ChatTemplate(String name, String source) {
        this.name = name;
        this.source = source;
    }

    /**
     * Reads a template.
     *
     * @param name where it comes from, for messages
     * @param source its text
     * @throws TemplateException if it is not well formed, or uses what the library does not know
     */
    public static ChatTemplate parse(String name, String source) throws TemplateException {
        return new ChatTemplate(name, source);
    }

    /** Returns where the template comes from. */
    public String name() {
        return name;
    }

    /** Returns the template's text. */
    public String source() {
        return source;
    }
}
