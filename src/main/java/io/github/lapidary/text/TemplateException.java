package io.github.lapidary.text;

import java.io.IOException;
import java.io.Serial;

/**
 * A chat template is broken, uses what the library does not know, or cannot render what it is
 * given.
 *
 * <p>The message names the template, the line and the construct.
 */
public sealed class TemplateException extends IOException permits TemplateRefusalException {

    @Serial private static final long serialVersionUID = 1L;

    /** Creates an exception from what is wrong. */
    TemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
