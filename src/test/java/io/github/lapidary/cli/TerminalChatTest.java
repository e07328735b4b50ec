package io.github.lapidary.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.lapidary.Tiny;
import io.github.lapidary.text.Message;
import io.github.lapidary.text.MessageFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command chat at a terminal, which here is a dumb one. */
@Timeout(60)
class TerminalChatTest {

    @TempDir private Path folder;

    /** What the terminal shows; Ctrl-C is pressed as soon as it shows a text. */
    private static final class Screen extends ByteArrayOutputStream {

        private final String interruptedBy;
        private Terminal terminal;

        Screen(String interruptedBy) {
            this.interruptedBy = interruptedBy;
        }

        @Override
        public void flush() throws IOException {
            super.flush();
            String shown = toString(UTF_8);
            if (!interruptedBy.isEmpty()
                    && shown.contains(interruptedBy)
                    && !shown.contains("(stopped)")) {
                terminal.raise(Signal.INT);
            }
        }
    }

    private static String chat(Screen screen, String typed, String... arguments) {
        InputStream keys = new ByteArrayInputStream(typed.getBytes(UTF_8));
        StringWriter messages = new StringWriter();
        Console.Dialogue dialogue =
                () -> {
                    screen.terminal = new DumbTerminal("test", "dumb", keys, screen, UTF_8);
                    return screen.terminal;
                };
        Console console =
                new Console(
                        InputStream.nullInputStream(),
                        new PrintWriter(new StringWriter()),
                        new PrintWriter(messages, true),
                        true,
                        null,
                        dialogue);
        String[] all = {
            "chat", "--model", Tiny.path("gemma3_mqa").toString(), "--dtype", "float32", "--greedy"
        };
        String[] command = Arrays.copyOf(all, all.length + arguments.length);
        System.arraycopy(arguments, 0, command, all.length, arguments.length);
        assertEquals(0, Main.run(console, command));
        assertEquals("", messages.toString());
        return screen.toString(UTF_8).replace("\r\n", "\n");
    }

    private List<Message> saved(String typed, String... arguments) throws IOException {
        Path file = folder.resolve("chat.json");
        String shown = chat(new Screen(""), typed + "/save " + file + "\n", arguments);
        assertTrue(shown.contains("saved in " + file), shown);
        return MessageFile.read(file);
    }

    @Test
    void talksUntilTheEndOfInput() throws IOException {
        List<Message> messages = saved("Hello.\n\nAnd more\n", "--max-new-tokens", "5");

        assertEquals(4, messages.size());
        assertEquals(Message.user("Hello."), messages.get(0));
        assertEquals(Message.user("And more"), messages.get(2));
        assertEquals("assistant", messages.get(3).role());
    }

    @Test
    void aBackslashContinuesTheLine() throws IOException {
        List<Message> messages = saved("One \\\ntwo!\\\n\n", "--max-new-tokens", "2");

        assertEquals(Message.user("One \ntwo!\n"), messages.get(0));
        assertEquals(2, messages.size());
    }

    @Test
    void nothingThatIsTypedIsTakenForAnEscape() throws IOException {
        String typed = "\"It's\" C:\\new !! $x 'y";

        assertEquals(Message.user(typed), saved(typed + "\n", "--max-new-tokens", "2").get(0));
    }

    @Test
    void mistakesDoNotEndIt() {
        String shown =
                chat(new Screen(""), "/what\n/load /no/such/file\n/stats\n/exit\nnever read\n");

        assertTrue(shown.contains("There is no /what; /help lists"), shown);
        assertTrue(shown.contains("no such file or folder: /no/such/file"), shown);
        assertTrue(shown.contains("context: 0 of 32768 tokens used"), shown);
        assertTrue(!shown.contains("never read"), shown);
    }

    @Test
    void ctrlCStopsTheReplyOnly() throws IOException {
        Path file = folder.resolve("chat.json");
        String typed = "Hello.\n/save " + file + "\n/stats\n/exit\n";
        String first = saved("Hello.\n", "--max-new-tokens", "3").get(1).text();
        Files.delete(file);

        String shown = chat(new Screen(first), typed, "--ignore-eos", "--max-new-tokens", "8000");

        assertTrue(shown.contains("(stopped)"), shown);
        String kept = MessageFile.read(file).get(1).text();
        assertTrue(kept.startsWith(first), kept);
        assertTrue(kept.length() < first.length() + 200, kept);
    }
}
