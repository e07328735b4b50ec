package io.github.lapidary.generation;

import java.util.ArrayList;
import java.util.List;

/** Writes down what a generation tells its listener. */
class Recorder implements GenerationListener {

    final List<List<Integer>> prefill = new ArrayList<>();
    final List<GeneratedToken> tokens = new ArrayList<>();
    final List<String> texts = new ArrayList<>();
    final List<GenerationResult> results = new ArrayList<>();

    @Override
    public void onPrefill(int tokensRead, int promptTokens) {
        prefill.add(List.of(tokensRead, promptTokens));
    }

    @Override
    public void onToken(GeneratedToken token) {
        tokens.add(token);
    }

    @Override
    public void onText(String text) {
        texts.add(text);
    }

    @Override
    public void onFinish(GenerationResult result) {
        results.add(result);
    }
}
