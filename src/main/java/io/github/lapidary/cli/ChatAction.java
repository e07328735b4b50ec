package io.github.lapidary.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a line of a chat may ask of the program. */
enum ChatAction {
    SYSTEM(" [TEXT]", "sets the system prompt, or without TEXT removes it"),
    RESET("", "forgets all but the system prompt"),
    SAVE(" FILE", "saves the messages as JSON"),
    LOAD(" FILE", "goes on with saved messages"),
    STATS("", "shows tokens, speed, and how full the context is"),
    HELP("", "shows this"),
    EXIT("", "ends the chat");

    private final String parameter;
    private final String description;

    ChatAction(String parameter, String description) {
        this.parameter = parameter;
        this.description = description;
    }

    /** Returns how it is called. */
    String command() {
        return "/" + name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns what a line asks for.
     *
     * @throws IllegalArgumentException if there is no such action
     */
    static ChatAction of(String line) {
        String command = line.strip().split("\\s", 2)[0];
        return Arrays.stream(values())
                .filter(action -> action.command().equals(command))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "There is no "
                                                + command
                                                + "; /help lists what there is, and a message that"
                                                + " begins with / is written with two."));
    }

    /**
     * Returns what follows the command on its line.
     *
     * @throws IllegalArgumentException if it misses, or nothing may follow
     */
    String argument(String line) {
        String argument = line.strip().substring(command().length()).strip();
        if (argument.isEmpty() && parameter.equals(" FILE")) {
            throw new IllegalArgumentException(command() + " needs a file.");
        }
        if (!argument.isEmpty() && parameter.isEmpty()) {
            throw new IllegalArgumentException(command() + " stands alone.");
        }
        return argument;
    }

    /** Returns all commands. */
    static List<String> commands() {
        return Arrays.stream(values()).map(ChatAction::command).toList();
    }

    /** Returns a line on each. */
    static String help() {
        return Arrays.stream(values())
                .map(
                        action ->
                                String.format(
                                        "%-16s%s",
                                        action.command() + action.parameter, action.description))
                .collect(Collectors.joining("\n"));
    }
}
