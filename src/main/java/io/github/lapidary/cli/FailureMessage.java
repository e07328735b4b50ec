package io.github.lapidary.cli;

import ai.djl.engine.EngineException;
import io.github.lapidary.file.Printable;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Says in one line what went wrong. */
final class FailureMessage {

    private FailureMessage() {}

    /** Returns the message, or what stands for it where there is none. */
    static String of(Throwable failure) {
        String message = failure.getMessage();
        Throwable cause = failure.getCause();
        if (cause != null && (message == null || message.equals(cause.toString()))) {
            return of(cause); // it only wraps
        }
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        String line = Printable.line(message.strip().replaceAll("\\s*\\R\\s*", " "));
        if (failure instanceof EngineException && cause != null) {
            return line + ": " + of(cause); // it tells what failed but not why
        }
        String reason = reason(failure);
        return reason.isEmpty() ? line : reason + ": " + line;
    }

    /** Returns what the message leaves to the name of the exception's class. */
    private static String reason(Throwable failure) {
        if (failure instanceof FileSystemException file && file.getReason() != null) {
            return "";
        } else if (failure instanceof NoSuchFileException) {
            return "no such file or folder";
        } else if (failure instanceof AccessDeniedException) {
            return "no permission";
        } else if (failure instanceof FileAlreadyExistsException) {
            return "already there";
        } else if (failure instanceof NotDirectoryException) {
            return "not a folder";
        } else if (failure instanceof OutOfMemoryError) {
            return "out of memory";
        } else {
            return "";
        }
    }
}
