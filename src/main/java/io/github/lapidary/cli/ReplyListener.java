package io.github.lapidary.cli;

import io.github.lapidary.generation.GenerationListener;
import java.util.function.Consumer;

/** Shows how far a prompt is read, then the reply as it comes. */
final class ReplyListener implements GenerationListener {

    private final Progress reading;
    private final Consumer<String> screen;

    ReplyListener(Progress reading, Consumer<String> screen) {
        this.reading = reading;
        this.screen = screen;
    }

    @Override
    public void onPrefill(int tokensRead, int promptTokens) {
        reading.update(tokensRead, promptTokens);
        if (tokensRead == promptTokens) {
            reading.close();
        }
    }

    @Override
    public void onText(String piece) {
        screen.accept(piece);
    }
}
