package io.github.lapidary.cli;

import io.github.lapidary.file.Printable;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.FinishReason;
import io.github.lapidary.generation.GenerationResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jline.terminal.TerminalBuilder;

/**
 * A chat with someone at a terminal.
 *
 * <p>Ctrl-C stops a reply, or drops the line that is being typed; Ctrl-D ends the chat. A line that
 * ends with a backslash goes on in the next.
 */
final class TerminalChat implements ChatScreen {

    private static final String PROMPT = "> ";

    private final Terminal terminal;
    private final LineReader reader;
    private boolean atLineStart = true;

    TerminalChat(Terminal terminal) {
        this.terminal = terminal;
        DefaultParser parser = new DefaultParser();
        parser.setEofOnEscapedNewLine(true);
        parser.setQuoteChars(new char[0]);
        reader =
                LineReaderBuilder.builder()
                        .terminal(terminal)
                        .parser(parser)
                        .completer(new StringsCompleter(ChatAction.commands()))
                        .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                        .variable(LineReader.SECONDARY_PROMPT_PATTERN, "  ")
                        .build();
    }

    /** Opens the terminal of the process. */
    static Terminal openTerminal() throws IOException {
        return TerminalBuilder.builder().system(true).encoding(StandardCharsets.UTF_8).build();
    }

    /** Talks until the user ends it. */
    void run(ChatSession session) {
        boolean goesOn = true;
        while (goesOn && !Thread.currentThread().isInterrupted()) {
            try {
                goesOn = take(session, reader.readLine(PROMPT).replace("\\\n", "\n"));
            } catch (UserInterruptException e) {
                if (e.getPartialLine().isEmpty()) {
                    tell("Ctrl-D or /exit ends the chat.");
                }
            } catch (EndOfFileException e) {
                goesOn = false;
            } catch (IllegalArgumentException | IOException e) {
                endLine();
                tell(FailureMessage.of(e));
            }
        }
    }

    private boolean take(ChatSession session, String line) throws IOException {
        Cancellation cancellation = new Cancellation();
        SignalHandler before = terminal.handle(Signal.INT, signal -> cancellation.cancel());
        try {
            return session.take(line, cancellation);
        } finally {
            terminal.handle(Signal.INT, before);
        }
    }

    /** Writes what a model says without the control characters that would steer the terminal. */
    @Override
    public void write(String piece) {
        terminal.writer().print(Printable.text(piece));
        terminal.flush();
        atLineStart = piece.endsWith("\n");
    }

    @Override
    public void end(GenerationResult reply) {
        endLine();
        if (reply.finishReason() == FinishReason.CANCELLED) {
            tell("(stopped)");
        } else if (reply.finishReason() != FinishReason.STOP) {
            tell("(ended after %d tokens)".formatted(reply.completionTokens()));
        }
    }

    private void endLine() {
        if (!atLineStart) {
            write("\n");
        }
    }

    @Override
    public void tell(String message) {
        terminal.writer().println(message);
        terminal.flush();
    }
}
