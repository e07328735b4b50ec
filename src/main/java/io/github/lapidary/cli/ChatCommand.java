package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.ConversationOptions;
import io.github.lapidary.generation.GenerationOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Talks with a model. */
@Command(
        name = "chat",
        description = {
            "Talk with a model.",
            "On a terminal, /help lists what can be asked besides. Else standard input holds a"
                    + " message a line, and the replies go to standard output."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  lapidary chat --model gemma-3-270m-it",
            "  lapidary chat --model gemma-3-270m-it --system \"Answer in one sentence.\"",
            "  echo \"Who wrote Faust?\" | lapidary chat --model model.gguf --greedy"
        })
final class ChatCommand implements Callable<Integer> {

    private final Console console;

    @Spec private CommandSpec spec;

    @Mixin private ModelOptions modelOptions;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "Tell the model how to behave, if its chat template knows of that.")
    private String system;

    @Option(
            names = "--load",
            paramLabel = "FILE",
            description = "Go on with the messages that /save left in this file.")
    private Path file;

    @Option(
            names = "--trusted-messages",
            description =
                    "Let control tokens inside messages take effect; else they stay text, so that"
                            + " no message can forge a turn.")
    private boolean trusted;

    @Mixin private GenerationSettings settings;

    @Option(
            names = "--json",
            description = "Read each line as a JSON string, and write each reply as a JSON object.")
    private boolean json;

    ChatCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, MalformedModelException {
        settings.toOptions(); // what is wrong with them shows before a model is loaded
        if (settings.wantsLogprobs() && !json) {
            throw new ParameterException(
                    spec.commandLine(), "--logprobs needs --json, which shows them");
        }
        try (EngineStart engine = EngineStart.begin(console);
                LanguageModel model = modelOptions.load(console)) {
            GenerationOptions replies = settings.applyTo(model.replyOptions());
            ConversationOptions options = ConversationOptions.of(replies).withTrusted(trusted);
            try (Conversation conversation = model.conversation(options)) {
                chat(conversation, model.config().maxPositionEmbeddings());
            }
        }
        return ExitCode.OK;
    }

    private void chat(Conversation conversation, int contextLength) throws IOException {
        if (console.dialogue() == null || json) {
            PipedChat screen = new PipedChat(console, json, settings.wantsLogprobs());
            screen.run(session(conversation, contextLength, screen));
        } else {
            try (Terminal terminal = console.dialogue().open()) {
                TerminalChat screen = new TerminalChat(terminal);
                ChatSession session = session(conversation, contextLength, screen);
                screen.tell("/help lists the commands; Ctrl-D ends the chat.");
                screen.run(session);
            }
        }
    }

    private ChatSession session(Conversation conversation, int contextLength, ChatScreen screen)
            throws IOException {
        ChatSession session = new ChatSession(conversation, contextLength, console, screen);
        if (file != null) {
            session.load(file);
        }
        if (system != null) {
            session.replaceSystem(system);
        }
        return session;
    }
}
