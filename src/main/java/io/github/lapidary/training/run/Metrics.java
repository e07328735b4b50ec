package io.github.lapidary.training.run;

import com.google.gson.JsonObject;
import java.util.Optional;

/**
 * What an update came to.
 *
 * @param step the number of the update, from 1
 * @param loss the mean over its tokens before it, in nats
 * @param learningRate its learning rate
 * @param gradientNorm the norm of all gradients, before clipping
 * @param tokens how many tokens it foretold
 * @param tokensPerSecond how many a second
 * @param addedLoss what was added to the loss, in nats: the imbalance of experts and the z-loss
 * @param dropped the share of choices of experts that found no place
 * @param heldOut how good the model is after it, if that was measured
 */
public record Metrics(
        long step,
        double loss,
        double learningRate,
        double gradientNorm,
        long tokens,
        double tokensPerSecond,
        double addedLoss,
        double dropped,
        Optional<Quality> heldOut) {

    static final String COLUMNS =
            "step,loss,learning_rate,gradient_norm,tokens,tokens_per_second,validation_loss,"
                    + "validation_perplexity,validation_bits_per_byte,added_loss,dropped";

    Metrics withHeldOut(Quality quality) {
        return new Metrics(
                step,
                loss,
                learningRate,
                gradientNorm,
                tokens,
                tokensPerSecond,
                addedLoss,
                dropped,
                Optional.of(quality));
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("step", step);
        json.addProperty("loss", loss);
        json.addProperty("learning_rate", learningRate);
        json.addProperty("gradient_norm", gradientNorm);
        json.addProperty("tokens", tokens);
        json.addProperty("tokens_per_second", tokensPerSecond);
        if (addedLoss != 0) {
            json.addProperty("added_loss", addedLoss);
            json.addProperty("dropped", dropped);
        }
        heldOut.ifPresent(
                quality -> {
                    json.addProperty("validation_loss", quality.loss());
                    json.addProperty("validation_perplexity", quality.perplexity());
                    json.addProperty("validation_bits_per_byte", quality.bitsPerByte());
                });
        return json;
    }

    /** Reads what {@link #toJson} made. */
    static Metrics fromJson(JsonObject json) {
        return new Metrics(
                json.get("step").getAsLong(),
                json.get("loss").getAsDouble(),
                json.get("learning_rate").getAsDouble(),
                json.get("gradient_norm").getAsDouble(),
                json.get("tokens").getAsLong(),
                json.get("tokens_per_second").getAsDouble(),
                json.has("added_loss") ? json.get("added_loss").getAsDouble() : 0,
                json.has("dropped") ? json.get("dropped").getAsDouble() : 0,
                json.has("validation_loss")
                        ? Optional.of(
                                new Quality(
                                        json.get("validation_loss").getAsDouble(),
                                        json.get("validation_perplexity").getAsDouble(),
                                        json.get("validation_bits_per_byte").getAsDouble()))
                        : Optional.empty());
    }

    /** Returns the values of {@link #COLUMNS}; those of a validation are empty without one. */
    String toCsv() {
        return "%s,%s,%s,%s,%s,%s,%s,%s,%s"
                .formatted(
                        step,
                        loss,
                        learningRate,
                        gradientNorm,
                        tokens,
                        tokensPerSecond,
                        heldOut.map(
                                        quality ->
                                                quality.loss()
                                                        + ","
                                                        + quality.perplexity()
                                                        + ","
                                                        + quality.bitsPerByte())
                                .orElse(",,"),
                        addedLoss,
                        dropped);
    }
}
