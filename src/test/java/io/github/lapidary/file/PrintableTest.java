package io.github.lapidary.file;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrintableTest {

    @Test
    void nothingSteersATerminal() {
        String text = "a\u001b[31mb\u009b1mc\u202Ed\te\nf\u0007 \uD83D\uDE00 ü";
        assertEquals("a?[31mb?1mc?d?e?f? \uD83D\uDE00 ü", Printable.line(text));
        assertEquals(
                "a\uFFFD[31mb\uFFFD1mc\uFFFDd\te\nf\uFFFD \uD83D\uDE00 ü", Printable.text(text));
    }
}
