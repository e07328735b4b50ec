package io.github.lapidary.cli;

import io.github.lapidary.file.Printable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jline.terminal.Terminal;

/**
 * What a command reads and writes.
 *
 * @param in standard input
 * @param out standard output, for results
 * @param err standard error, for messages
 * @param isTerminal whether results go to a terminal
 * @param bars where progress is drawn; null if standard error is no terminal
 * @param dialogue opens the terminal where someone reads and types; null if there is none
 */
record Console(
        InputStream in,
        PrintWriter out,
        PrintWriter err,
        boolean isTerminal,
        PrintStream bars,
        Dialogue dialogue) {

    /** A terminal for both input and output. */
    interface Dialogue {

        /** Opens it; the caller closes it. */
        Terminal open() throws IOException;
    }

    /** Describes streams with which no dialogue is held. */
    Console(
            InputStream in,
            PrintWriter out,
            PrintWriter err,
            boolean isTerminal,
            PrintStream bars) {
        this(in, out, err, isTerminal, bars, null);
    }

    /**
     * Writes a result at once.
     *
     * @throws IOException if nobody reads standard output any longer
     */
    void print(String result) throws IOException {
        out.print(result);
        if (out.checkError()) { // which flushes
            throw new IOException("standard output cannot be written; was it closed?");
        }
    }

    /** Returns a result that a model wrote; for a terminal, without what would steer it. */
    String shown(String text) {
        return isTerminal ? Printable.text(text) : text;
    }

    /** Writes a message. */
    void tell(String message) {
        err.println("lapidary: " + message);
    }

    /** Reads all of standard input as text. */
    String read() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes());
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new IOException("standard input is no UTF-8 text", e);
        }
    }

    /** What is done with a line. */
    interface LineAction {

        /** Takes a line without its end. */
        void take(String line) throws IOException;
    }

    /** Hands over the lines of standard input, as soon as each is there. */
    void eachLine(LineAction action) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                action.take(line);
            }
        } catch (CharacterCodingException e) {
            throw new IOException("standard input is no UTF-8 text", e);
        }
    }

    /** Returns a bar for a task. */
    Progress progress(String task) {
        return new Progress(task, bars);
    }
}
