package io.github.lapidary;

import io.github.lapidary.generation.Cancellation;
import io.github.lapidary.generation.GeneratedToken;
import io.github.lapidary.generation.GenerationListener;
import io.github.lapidary.generation.GenerationOptions;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.TokenStream;
import io.github.lapidary.kernel.format.WeightFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Many short generations, for a process of their own, whose memory nothing else disturbs: whole
 * ones, streams left early, cancelled and failed ones, and scores; or models loaded and closed.
 */
final class GenerationRuns {

    private static final String MODEL = "gemma2_bf16";
    private static final LoadOptions OPTIONS =
            LoadOptions.defaults().withFormat(WeightFormat.BFLOAT16);

    private GenerationRuns() {}

    /**
     * Writes to the file {@code args[2]} the private bytes of this process after each of {@code
     * args[1]} samples, one a line; a sample is ten generations or, if {@code args[0]} is {@code
     * load}, one model.
     */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[1]);
        StringBuilder samples = new StringBuilder();
        if (args[0].equals("load")) {
            for (int i = 0; i < count; i++) {
                loadAndClose();
                samples.append(ProcessMemory.privateBytesOfTheLiving()).append('\n');
            }
        } else {
            generate(count, samples);
        }
        Files.writeString(Path.of(args[2]), samples);
    }

    private static LanguageModel load() throws Exception {
        return LanguageModel.load(Tiny.path(MODEL), OPTIONS);
    }

    private static void loadAndClose() throws Exception {
        try (LanguageModel model = load()) {
            model.generate(List.of(request(5)));
        }
        assertUnmapped();
    }

    private static void assertUnmapped() {
        List<String> mappings = ProcessMemory.mappings(Tiny.path(MODEL));
        if (!mappings.isEmpty()) {
            throw new IllegalStateException("A closed model left mappings: " + mappings);
        }
    }

    private static void generate(int count, StringBuilder samples) throws Exception {
        try (LanguageModel model = load()) {
            OpenResources open = OpenResources.of(model);
            for (int i = 0; i < count; i++) {
                for (int run = 0; run < 2; run++) {
                    generations(model);
                }
                open.assertUnchanged();
                samples.append(ProcessMemory.privateBytes()).append('\n');
            }
        }
        assertUnmapped();
    }

    private static GenerationRequest request(int length, GenerationListener listener) {
        GenerationOptions options =
                GenerationOptions.builder().maxNewTokens(4).temperature(1.0).seed(1).build();
        return new GenerationRequest(Tiny.prompt(length), options, listener, new Cancellation());
    }

    private static GenerationRequest request(int length) {
        return request(length, new GenerationListener() {});
    }

    /** Seven, of which two run in company, two fail and two are cancelled; and a score. */
    private static void generations(LanguageModel model) throws Exception {
        model.generate(List.of(request(5), request(9)));
        try (TokenStream stream = model.stream(request(7))) {
            stream.next();
        }
        GenerationRequest cancelled = request(6);
        cancelled.cancellation().cancel();
        model.generate(List.of(cancelled));
        Cancelling cancelling = new Cancelling();
        GenerationRequest begun = request(5);
        begun =
                new GenerationRequest(
                        begun.prompt(), begun.options(), cancelling, cancelling.cancellation);
        if (model.generate(List.of(begun, request(4))).get(0).completionTokens() != 2) {
            throw new IllegalStateException("A cancellation was not heeded.");
        }
        expectFailure(model, request(8, new Failing()));
        GenerationRequest whole = request(3);
        expectFailure(model, new GenerationRequest(new int[] {2, -5}, whole.options()));
        model.score("some words");
    }

    private static void expectFailure(LanguageModel model, GenerationRequest request) {
        try {
            model.generate(List.of(request(4), request));
        } catch (IllegalArgumentException e) {
            return; // as it should be
        }
        throw new IllegalStateException("A failure did not show.");
    }

    /** Cancels at the second token. */
    private static final class Cancelling implements GenerationListener {

        private final Cancellation cancellation = new Cancellation();
        private int tokens;

        @Override
        public void onToken(GeneratedToken token) {
            tokens++;
            if (tokens == 2) {
                cancellation.cancel();
            }
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
