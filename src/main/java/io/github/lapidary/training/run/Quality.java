package io.github.lapidary.training.run;

import io.github.lapidary.model.TokenLoss;

/**
 * How well a model foretells the texts held out.
 *
 * @param loss the mean over the tokens, in nats
 * @param perplexity e to the power of it
 * @param bitsPerByte what a byte of the text takes in UTF-8
 */
public record Quality(double loss, double perplexity, double bitsPerByte) {

    static Quality of(TokenLoss loss, long textBytes) {
        return new Quality(loss.mean(), loss.perplexity(), loss.bitsPerByte(textBytes));
    }
}
