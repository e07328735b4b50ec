package io.github.lapidary.inspection;

import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What tells that a checkpoint was trained for conversations; a chat template does not, since many
 * base models bring one: its name, or that the tokenizer's end token is what ends a turn.
 */
final class ConversationSign {

    private static final Pattern NAME =
            Pattern.compile("(?<![^-_. ])(it|instruct|chat)(?![^-_. ])", Pattern.CASE_INSENSITIVE);

    private ConversationSign() {}

    /** Returns a sentence that names the sign, if there is one. */
    static Optional<String> of(
            CheckpointReading reading, Tokenizer tokenizer, OptionalInt endOfTurn)
            throws IOException {
        Path path = reading.path().toAbsolutePath().normalize();
        Stream<String> inFile =
                reading.metadata().stream()
                        .flatMap(
                                own ->
                                        Stream.of("general.finetune", "general.name")
                                                .flatMap(key -> text(own, key)));
        Optional<String> name =
                Stream.concat(Stream.ofNullable(path.getFileName()).map(Path::toString), inFile)
                        .filter(ConversationSign::isOfConversations)
                        .findFirst();
        if (name.isPresent()) {
            return name.map(own -> "By its name, " + own + ", the model is for conversations.");
        }
        Optional<String> end =
                JsonMembers.read(path.resolve("tokenizer_config.json"), Set.of("eos_token"))
                        .text("eos_token");
        return end.filter(token -> tokenizer.id(token).equals(endOfTurn))
                .map(token -> "tokenizer_config.json names it as the end token.");
    }

    /** Returns whether a name has a word that says so. */
    static boolean isOfConversations(String name) {
        return NAME.matcher(name).find();
    }

    private static Stream<String> text(GgufMetadata metadata, String key) {
        return metadata.find(key, Object.class).stream()
                .filter(String.class::isInstance)
                .map(String.class::cast);
    }
}
