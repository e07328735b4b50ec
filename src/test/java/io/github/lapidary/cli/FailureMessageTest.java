package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.engine.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureMessageTest {

    @ParameterizedTest
    @MethodSource("failures")
    void isOneLineThatStandsAlone(Throwable failure, String expected) {
        assertEquals(expected, FailureMessage.of(failure));
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(new IOException("a truncated header"), "a truncated header"),
                arguments(new IOException("red \u001b[31m \u009b1m"), "red ?[31m ?1m"),
                arguments(new IOException("two tensors:\n  a\n  b"), "two tensors: a b"),
                arguments(new NoSuchFileException("here"), "no such file or folder: here"),
                arguments(new FileSystemException("here", null, "full"), "here: full"),
                arguments(new IllegalStateException(new IOException("x")), "x"),
                arguments(
                        new UncheckedIOException(new NoSuchFileException("y")),
                        "no such file or folder: y"),
                arguments(
                        new EngineException("no library", new NoSuchFileException("z")),
                        "no library: no such file or folder: z"),
                arguments(new StackOverflowError(), "StackOverflowError"));
    }
}
