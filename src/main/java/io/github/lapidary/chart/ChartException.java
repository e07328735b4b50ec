package io.github.lapidary.chart;

import java.io.IOException;
import java.io.Serial;

/** Java cannot draw here, as it finds no fonts; the message says what to install. */
public final class ChartException extends IOException {

    @Serial private static final long serialVersionUID = 1L;

    ChartException(String message, Throwable cause) {
        super(message, cause);
    }
}
