package io.github.lapidary;

import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationListener;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.generation.Turn;
import io.github.lapidary.kernel.format.WeightFormat;
import io.github.lapidary.text.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Many conversations, for a process of their own, whose memory nothing else disturbs. */
final class ConversationRuns {

    private ConversationRuns() {}

    /**
     * Writes to the file {@code args[2]} the private bytes of this process after each of {@code
     * args[1]} samples, one a line; a sample is five conversations of five turns with the tiny
     * model {@code args[0]}.
     */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[1]);
        StringBuilder samples = new StringBuilder();
        LoadOptions options = LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16);
        try (LanguageModel model = LanguageModel.load(Tiny.path(args[0]), options)) {
            OpenResources open = OpenResources.of(model);
            for (int i = 0; i < count; i++) {
                for (int j = 0; j < 5; j++) {
                    converse(model);
                }
                open.assertUnchanged();
                samples.append(ProcessMemory.privateBytes()).append('\n');
            }
        }
        Files.writeString(Path.of(args[2]), samples);
    }

    private static Turn turn(GenerationListener listener) {
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(4).temperature(1.0).seed(1).build();
        List<Message> said = List.of(Message.user("Hello."));
        return new Turn(said, options, listener, new Cancellation());
    }

    /** A turn as it should be, an edit, a stream left early, a failure, and a reply anew. */
    private static void converse(LanguageModel model) throws Exception {
        try (Conversation conversation = model.conversation()) {
            conversation.send(turn(new GenerationListener() {}));
            conversation.replace(List.of(Message.user("Hello!"), Message.assistant("Hello?")));
            try (TokenStream stream = conversation.stream(turn(new GenerationListener() {}))) {
                stream.next();
            }
            try {
                conversation.send(turn(new Failing()));
                throw new IllegalStateException("A failure did not show.");
            } catch (IllegalArgumentException e) {
                conversation.truncate(2); // the failure was meant
            }
            conversation.send(turn(new GenerationListener() {}));
            conversation.regenerate(turn(new GenerationListener() {}).options());
        }
    }

    /** Fails at the first token. */
    private static final class Failing implements GenerationListener {
        @Override
        public void onToken(GeneratedToken token) {
            throw new IllegalArgumentException("the listener's");
        }
    }
}
