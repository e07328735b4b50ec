package io.github.lapidary.training;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.TranslateException;
import io.github.lapidary.model.CausalLanguageModel;
import io.github.lapidary.model.TokenLoss;
import java.io.IOException;

/** How well a model foretells data that it was not trained on. */
public final class Validation {

    private Validation() {}

    /**
     * Returns the loss over all batches of a dataset.
     *
     * @param dataset its data are ids [B, T] and maybe a mask or segments, its labels [B, T]
     * @throws IOException if the data cannot be read
     * @throws TranslateException if they cannot be made batches of
     */
    public static TokenLoss loss(CausalLanguageModel model, Dataset dataset)
            throws IOException, TranslateException {
        TokenLoss loss = new TokenLoss(0, 0);
        try (NDManager manager = model.embedding().weight().getManager().newSubManager()) {
            for (Batch batch : dataset.getData(manager)) {
                loss = loss.plus(model.loss(batch.getData(), batch.getLabels().head()));
                batch.close();
            }
        }
        return loss;
    }
}
