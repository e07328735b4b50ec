package io.github.lapidary.translate;

/** HTTP's name of a failure. */
enum Status {
    BAD_REQUEST(400, "Bad Request", "invalid_request_error"),
    TOO_LARGE(413, "Content Too Large", "invalid_request_error"),
    TOO_MANY(429, "Too Many Requests", "rate_limit_error"),
    FAILED(500, "Internal Server Error", "server_error"),
    CLOSED(503, "Service Unavailable", "server_error");

    private final int code;
    private final String phrase;
    private final String type;

    Status(int code, String phrase, String type) {
        this.code = code;
        this.phrase = phrase;
        this.type = type;
    }

    int code() {
        return code;
    }

    String phrase() {
        return phrase;
    }

    /** Returns what OpenAI calls such errors. */
    String type() {
        return type;
    }
}
