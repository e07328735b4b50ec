package io.github.lapidary.translate;

import java.io.Serial;

/** Tells a client why its request is not answered. */
final class RequestException extends Exception {

    @Serial private static final long serialVersionUID = 1L;

    private final Status status;

    RequestException(Status status, String message) {
        super(message);
        this.status = status;
    }

    /** Returns a refusal of what the request says. */
    static RequestException badRequest(String message) {
        return new RequestException(Status.BAD_REQUEST, message);
    }

    Status status() {
        return status;
    }
}
