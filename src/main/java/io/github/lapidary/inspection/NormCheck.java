package io.github.lapidary.inspection;

import io.github.lapidary.inspection.TensorScan.Scanned;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Looks for norms that are off by one, which converters get wrong: Gemma multiplies by one plus the
 * weight, GGUF stores the sum, others the weight.
 *
 * <p>Trained weights say little about themselves: means from -0.4 to 300 are sound. But whatever
 * the scale, training leaves factors below one in the layers, hardly ever factors below zero, since
 * those would turn a channel round. So in sound weights some are negative (in Gemma 3 270M 12 %)
 * and few below -1 (0.2 %). One too much leaves next to none negative, one too little puts all that
 * were negative below -1. All layers are judged together, since single norms can be anything; the
 * norm after the last layer is left out. Weights at or about zero are those of training's start and
 * say nothing.
 *
 * <p>Norms of one name alone, such as those of the queries, are only judged where they are plain:
 * in each layer near one with little spread, as no training ends.
 */
final class NormCheck {

    private static final double FEW = 0.01;
    private static final double MANY = 0.05;
    private static final String ALL = "the norms of all layers";

    private NormCheck() {}

    static List<Finding> findings(List<Scanned> scanned) {
        List<Scanned> norms =
                scanned.stream()
                        .filter(tensor -> tensor.norm().isPresent())
                        .filter(tensor -> tensor.statistics().isFinite())
                        .filter(tensor -> TensorNamePattern.of(tensor.name()).isOfLayer())
                        .toList();
        if (share(norms, NormStatistics::negative) < FEW
                && share(norms, NormStatistics::belowHalf) < 0.5) {
            return List.of(oneTooMuch(ALL));
        }
        if (share(norms, NormStatistics::belowMinusOne) > MANY) {
            return List.of(oneTooLittle(ALL));
        }
        List<Finding> findings = new ArrayList<>();
        TensorNamePattern.group(norms, Scanned::name)
                .forEach(
                        (pattern, tensors) -> {
                            String place =
                                    pattern.place(tensors.stream().map(Scanned::name).toList());
                            if (areAllAbout(1, tensors)) {
                                findings.add(oneTooMuch(place));
                            } else if (areAllAbout(-1, tensors)) {
                                findings.add(oneTooLittle(place));
                            }
                        });
        return findings;
    }

    /** Returns the share that some weights have in all; NaN, which no bound holds for, of none. */
    private static double share(List<Scanned> norms, ToLongFunction<NormStatistics> some) {
        long all = norms.stream().mapToLong(norm -> norm.norm().orElseThrow().count()).sum();
        long those =
                norms.stream().mapToLong(norm -> some.applyAsLong(norm.norm().orElseThrow())).sum();
        return (double) those / all;
    }

    /** Returns whether every tensor, of several, is near 1 or -1 and on its side of zero. */
    private static boolean areAllAbout(int number, List<Scanned> tensors) {
        return tensors.size() > 1
                && tensors.stream()
                        .map(tensor -> tensor.norm().orElseThrow())
                        .allMatch(norm -> isAbout(number, norm));
    }

    private static boolean isAbout(int number, NormStatistics norm) {
        long wrongSide = number > 0 ? norm.negative() : norm.count() - norm.negative();
        return Math.abs(norm.mean() - number) < 0.35
                && norm.deviation() < 0.5
                && wrongSide <= 0.02 * norm.count();
    }

    private static Finding oneTooMuch(String where) {
        return Finding.warning(
                "Norm weights look as if 1 had been added to them already.",
                where,
                "Each norm adds 1 once more: every layer gets numbers up to twice too large, and"
                        + " the text makes no sense.",
                "Convert again, with a converter that knows that this model multiplies by 1 +"
                        + " weight: a Hugging Face folder holds the weight, a GGUF file the sum.");
    }

    private static Finding oneTooLittle(String where) {
        return Finding.warning(
                "Norm weights look as if 1 had been taken off.",
                where,
                "Factors that should be near 1 are near 0 or negative: the layers add next to"
                        + " nothing, and the text makes no sense.",
                "Convert again, with a converter that knows that this model multiplies by 1 +"
                        + " weight: a Hugging Face folder holds the weight, a GGUF file the sum.");
    }
}
