package io.github.lapidary.cli;

import com.google.gson.JsonObject;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GenerationResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * A chat without a terminal: a message a line on standard input, replies on standard output, and
 * whatever else there is on standard error.
 *
 * <p>For programs there is a form in JSON: each line is a string, never a command, and each reply
 * an object on a line.
 */
final class PipedChat implements ChatScreen {

    private final Console console;
    private final boolean json;
    private final boolean logprobs;

    PipedChat(Console console, boolean json, boolean logprobs) {
        this.console = console;
        this.json = json;
        this.logprobs = logprobs;
    }

    /**
     * Takes all lines, or those before {@code /exit}.
     *
     * @throws IOException if one fails; the message names its number
     */
    void run(ChatSession session) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(console.in(), StandardCharsets.UTF_8.newDecoder()))) {
            long number = 0;
            String line;
            do {
                line = lines.readLine();
                number++;
            } while (line != null && take(session, line, number));
        } catch (CharacterCodingException e) {
            throw new IOException("standard input is no UTF-8 text", e);
        }
    }

    private boolean take(ChatSession session, String line, long number) throws IOException {
        String message = json ? TokensCommand.text(line, number) : line;
        boolean goesOn = true;
        try {
            if (json) {
                session.say(message, new Cancellation());
            } else {
                goesOn = session.take(message, new Cancellation());
            }
        } catch (IllegalArgumentException | IOException e) {
            String problem = "line " + number + " of standard input: " + FailureMessage.of(e);
            throw new IOException(problem, e);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted");
        }
        return goesOn;
    }

    @Override
    public void write(String piece) {
        if (!json) {
            print(console.shown(piece));
        }
    }

    @Override
    public void end(GenerationResult reply) {
        if (json) {
            JsonObject line = JsonLine.result(reply);
            line.addProperty("reused_tokens", reply.reusedTokens());
            if (logprobs) {
                line.add("logprobs", JsonLine.logprobs(reply));
            }
            print(JsonLine.of(line));
        } else {
            print("\n");
        }
    }

    private void print(String text) {
        try {
            console.print(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void tell(String message) {
        console.err().println(message);
    }
}
