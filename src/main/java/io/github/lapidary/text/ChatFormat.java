package io.github.lapidary.text;

import io.github.lapidary.text.jinja.Text;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * How a model reads conversations: its chat template and its tokenizer.
 *
 * <p>It may be used from many threads at once, until the tokenizer is closed.
 *
 * <p>The template writes control tokens, such as those that begin and end a turn, by name. Names of
 * control tokens that stand in the conversation stay text, so that no message can forge a turn:
 * what counts as a token is spelled by the template alone, in every character. A conversation that
 * is trusted may hold them; then the tokens are those of Hugging Face, which does not distinguish.
 */
public final class ChatFormat {

    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final Map<String, String> tokens;
    private final AddedTokens controls;
    private final String[] controlNames;

    private ChatFormat(Tokenizer tokenizer, ChatTemplate template, Map<String, String> tokens) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.tokens = tokens;
        controlNames = tokenizer.specialTokens().toArray(String[]::new);
        BitSet all = new BitSet();
        all.set(0, controlNames.length);
        controls = new AddedTokens(new Vocabulary(controlNames), all);
    }

    /** Puts a tokenizer, which stays the caller's, and a template together. */
    public static ChatFormat of(Tokenizer tokenizer, ChatTemplate template) {
        return of(tokenizer, template, Map.of());
    }

    /**
     * Puts a tokenizer, which stays the caller's, and a template together.
     *
     * @param tokens the names of special tokens that the template may ask for, by role: {@code
     *     eos_token} and others; {@code bos_token} is the tokenizer's
     */
    public static ChatFormat of(
            Tokenizer tokenizer, ChatTemplate template, Map<String, String> tokens) {
        Map<String, String> all = new HashMap<>(tokens);
        all.put("bos_token", tokenizer.piece(tokenizer.bosId()));
        return new ChatFormat(tokenizer, template, Map.copyOf(all));
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
     * @throws TemplateException if the template is broken; or if the conversation is not trusted
     *     and some control token would be spelled by the template and a message together
     */
    public RenderedPrompt render(ChatPrompt prompt, boolean trusted) throws TemplateException {
        Text text = template.render(prompt, tokens);
        String characters = text.characters();
        BitSet genuine = new BitSet();
        boolean forged = !trusted && findControls(text, genuine);
        return new RenderedPrompt(
                characters,
                forged ? encode(characters, genuine) : tokenizer.encode(characters, false));
    }

    /** Finds where genuine control tokens begin, and returns whether there are others. */
    private boolean findControls(Text text, BitSet genuine) throws TemplateException {
        String characters = text.characters();
        boolean forged = false;
        for (int place = 0; place < characters.length(); place++) {
            int control = controls.longestAt(characters, place);
            if (control == Vocabulary.NONE) {
                continue;
            }
            int length = controlNames[control].length();
            int own = text.countOwn(place, place + length);
            if (own == length) {
                genuine.set(place);
                place += length - 1;
            } else if (own == 0) {
                forged = true;
            } else {
                throw new TemplateException(
                        template.name()
                                + ": the control token "
                                + controlNames[control]
                                + " is spelled by the template and a message together; only a"
                                + " conversation that is trusted may do so.",
                        null);
            }
        }
        return forged;
    }

    /** Encodes a text in which some names of control tokens are genuine. */
    private int[] encode(String characters, BitSet genuine) {
        IdList ids = new IdList(characters.length() / 3);
        int start = 0;
        for (int place = genuine.nextSetBit(0); place >= 0; place = genuine.nextSetBit(start)) {
            String name = controlNames[controls.longestAt(characters, place)];
            addText(characters.substring(start, place), ids);
            ids.add(tokenizer.id(name).orElseThrow());
            start = place + name.length();
        }
        addText(characters.substring(start), ids);
        return ids.toArray();
    }

    private void addText(String text, IdList ids) {
        for (int id : tokenizer.encodeAsText(text)) {
            ids.add(id);
        }
    }
}
