package io.github.lapidary.text.jinja;

import com.google.gson.JsonElement;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * A template that was read and can be rendered, by several threads at once.
 *
 * <p>It does what Jinja does when Hugging Face's {@code apply_chat_template} runs it: immutable
 * values in a sandbox, {@code trim_blocks}, {@code lstrip_blocks}, the loop controls, {@code
 * raise_exception}, {@code strftime_now}, and a {@code tojson} that leaves HTML alone.
 */
public final class JinjaTemplate {

    private final List<Statement> statements;

    private JinjaTemplate(List<Statement> statements) {
        this.statements = statements;
    }

    /**
     * Reads a template.
     *
     * @throws JinjaException if it is not well formed, too large, or uses a tag that is not known
     */
    public static JinjaTemplate parse(String template) {
        return new JinjaTemplate(Parser.parse(template));
    }

    /**
     * Renders the template.
     *
     * @param own variables whose texts count as the template's own
     * @param foreign all other variables, which hide those of the same name
     * @param clock tells the time
     * @throws JinjaException if it uses what is not known, takes too long, makes too much, or
     *     refuses the variables
     */
    public Text render(Map<String, String> own, Map<String, JsonElement> foreign, Clock clock) {
        Rendering rendering = new Rendering(clock);
        Scope scope = new Scope(rendering);
        own.forEach((name, value) -> scope.set(name, Text.own(value)));
        foreign.forEach((name, value) -> scope.set(name, Value.of(value, rendering)));
        TextBuilder output = new TextBuilder(rendering);
        Statement.executeAll(statements, scope.inner(), output);
        return output.text();
    }
}
