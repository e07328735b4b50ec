package io.github.lapidary.kernel;

import java.util.ArrayList;
import java.util.List;

/**
 * One argument of a kernel function.
 *
 * @param kind how it arrives
 * @param text its name, or the source of a literal
 * @param groups of weights: how many tensors each block of the list has
 */
record KernelParameter(Kind kind, String text, List<Integer> groups) {

    /** How an argument of a kernel function arrives. */
    enum Kind {
        TENSOR("Tensor", "Tensor"),
        TENSORS("List[Tensor]", "List[Tensor]"),
        WEIGHTS("List[List[Tensor]]", "List[Tensor]"),
        STATES("List[Tensor]", null),
        INTEGERS("List[int]", "Tensor"),
        TEXT("str", null),
        LITERAL(null, null);

        private final String inferenceType;
        private final String trainingType;

        Kind(String inferenceType, String trainingType) {
            this.inferenceType = inferenceType;
            this.trainingType = trainingType;
        }
    }

    /** Returns the same under a name of its own for a place in a chain. */
    KernelParameter at(int place) {
        return kind == Kind.LITERAL ? this : new KernelParameter(kind, text + "_" + place, groups);
    }

    boolean isPassed(boolean training) {
        return typeIn(training) != null;
    }

    /** Returns the type that such a call passes, or null if it passes nothing. */
    String typeIn(boolean training) {
        return training ? kind.trainingType : kind.inferenceType;
    }

    /** Returns the source of what the function is given. */
    String argument(boolean training) {
        if (!training) {
            return text;
        }
        return switch (kind) {
            case WEIGHTS -> regrouped();
            case STATES -> "annotate(List[Tensor], [])";
            case INTEGERS -> "__torch__.tokens.integers(" + text + ")";
            case TEXT -> throw new IllegalStateException(text + " cannot be passed in training.");
            case TENSOR, TENSORS, LITERAL -> text;
        };
    }

    private String regrouped() {
        List<String> lists = new ArrayList<>();
        int next = 0;
        for (int size : groups) {
            List<String> items = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                items.add(text + "[" + next++ + "]");
            }
            lists.add("[" + String.join(", ", items) + "]");
        }
        return "[" + String.join(", ", lists) + "]";
    }
}
