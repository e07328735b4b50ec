package io.github.lapidary.text;

import java.io.Serial;

/**
 * A chat template refuses the conversation, because of the order of roles for example.
 *
 * <p>The message is the template's own.
 */
public final class TemplateRefusalException extends TemplateException {

    @Serial private static final long serialVersionUID = 1L;

    TemplateRefusalException(String message, Throwable cause) {
        super(message, cause);
    }
}
