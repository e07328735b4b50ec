package io.github.lapidary;

import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.Conversation;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.Prefix;
import io.github.lapidary.generation.Turn;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Many states saved and restored, for a process of its own, whose memory nothing else disturbs. */
final class SavedStateRuns {

    private static final GenerationOptions OPTIONS =
            GenerationOptions.builder().maxNewTokens(4).build();

    private SavedStateRuns() {}

    /**
     * Writes to the file {@code args[2]} the private bytes of this process after each of {@code
     * args[1]} rounds with the tiny model {@code args[0]}, one a line.
     */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[1]);
        StringBuilder samples = new StringBuilder();
        LoadOptions options = LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16);
        Path folder = Path.of(args[2]).resolveSibling("states");
        Files.createDirectories(folder);
        try (LanguageModel model = LanguageModel.load(Tiny.path(args[0]), options)) {
            OpenResources open = OpenResources.of(model);
            for (int i = 0; i < count; i++) {
                prefixes(model, folder.resolve("prefix"));
                conversations(model, folder.resolve("conversation"));
                bad(model, folder.resolve("prefix"), folder.resolve("bad"));
                open.assertUnchanged();
                samples.append(ProcessMemory.privateBytesOfTheLiving()).append('\n');
            }
        }
        Files.writeString(Path.of(args[2]), samples);
    }

    private static void prefixes(LanguageModel model, Path file) throws IOException {
        try (Prefix prefix = model.read(Tiny.prompt(200), new Cancellation())) {
            prefix.save(file);
        }
        try (Prefix prefix = model.restore(file)) {
            prefix.generate("on", OPTIONS);
            prefix.generate("", OPTIONS);
            prefix.generate("and off", OPTIONS);
        }
    }

    private static void conversations(LanguageModel model, Path file) throws Exception {
        try (Conversation conversation = model.conversation()) {
            conversation.send(Turn.of("Hello.", OPTIONS));
            conversation.save(file);
            conversation.send(Turn.of("And more.", OPTIONS));
            conversation.restore(file);
            conversation.regenerate(OPTIONS);
            conversation.send(Turn.of("And less.", OPTIONS));
        }
    }

    private static void bad(LanguageModel model, Path good, Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        try {
            model.restore(file).close();
        } catch (MalformedFileException e) {
            return; // as it should be
        }
        throw new IllegalStateException("A damaged file was restored.");
    }
}
