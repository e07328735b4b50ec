package io.github.lapidary.generation;

import io.github.lapidary.LanguageModel;
import io.github.lapidary.LoadOptions;
import io.github.lapidary.ProcessMemory;
import io.github.lapidary.Tiny;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One long stream, for a process of its own, whose memory nothing disturbs. */
final class LongTextRun {

    /** After so many tokens, the memory is looked at. */
    static final int STRIDE = 10_000;

    private LongTextRun() {}

    /**
     * Reads {@code args[0]} tokens and writes {@code args[1]}, and to the file {@code args[2]}
     * samples in threes, one a line, after every so many tokens: the private bytes, the most
     * resident bytes there have ever been, and the bytes of living objects.
     */
    public static void main(String[] args) throws Exception {
        int prompt = Integer.parseInt(args[0]);
        int toWrite = Integer.parseInt(args[1]);
        StringBuilder samples = new StringBuilder();
        GenerationListener listener =
                new GenerationListener() {
                    private int written;
                    private int next = STRIDE;

                    @Override
                    public void onPrefill(int tokensRead, int promptTokens) {
                        sample(tokensRead);
                    }

                    @Override
                    public void onToken(GeneratedToken token) {
                        sample(prompt + ++written);
                    }

                    private void sample(int tokens) {
                        if (tokens >= next) {
                            samples.append(ProcessMemory.privateBytesOfTheLiving()).append('\n');
                            samples.append(ProcessMemory.peakBytes()).append('\n');
                            samples.append(ProcessMemory.heapBytes()).append('\n');
                            next += STRIDE;
                        }
                    }
                };
        try (LanguageModel model =
                LanguageModel.load(Tiny.path("recurrentgemma_bf16"), LoadOptions.defaults())) {
            // Steps are compiled before the long text, which so takes no memory for it.
            model.generate(List.of(new GenerationRequest(Tiny.prompt(2_000), options(100))));
            GenerationRequest request =
                    new GenerationRequest(
                            Tiny.prompt(prompt), options(toWrite), listener, new Cancellation());
            int written = 0;
            try (TokenStream stream = model.stream(request)) {
                for (; stream.hasNext(); written++) {
                    stream.next();
                }
            }
            if (written != toWrite) {
                throw new IllegalStateException("It ended after " + written + " tokens.");
            }
        }
        Files.writeString(Path.of(args[2]), samples);
    }

    private static GenerationOptions options(int tokens) {
        return GenerationOptions.builder()
                .maxNewTokens(tokens)
                .ignoreEos(true)
                .stopStrings("no such text")
                .keepTokens(false)
                .build();
    }
}
