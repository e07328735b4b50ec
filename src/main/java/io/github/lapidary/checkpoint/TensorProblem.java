package io.github.lapidary.checkpoint;

/**
 * Something that keeps the tensors of a checkpoint from fitting its configuration.
 *
 * @param tensor the tensor's name; empty if the problem is not of one tensor
 * @param detail what was expected and what was found; empty if the kind says it all
 */
public record TensorProblem(Kind kind, String tensor, String detail) {

    /** What may be wrong. */
    public enum Kind {
        /** Whole layers are too many or too few; that is not told again for their tensors. */
        LAYERS("number of layers"),
        /**
         * Each layer's experts are too many or too few; that is not told again for their tensors.
         */
        EXPERTS("number of experts"),
        /** There is no such tensor. */
        MISSING("missing"),
        /** The model has no parameter for the tensor. */
        UNEXPECTED("unexpected"),
        /** The tensor has another shape. */
        MISSHAPEN("misshapen"),
        /** The tensor's elements are no weights. */
        MISTYPED("of a type that weights do not have"),
        /** The tensor is an output matrix that is not the embedding. */
        UNTIED("contradicts tie_word_embeddings");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** Returns the kind in words. */
        public String title() {
            return title;
        }
    }

    /** Returns tensor and detail. */
    String text() {
        return tensor.isEmpty() || detail.isEmpty() ? tensor + detail : tensor + ": " + detail;
    }
}
