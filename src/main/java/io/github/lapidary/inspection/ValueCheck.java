package io.github.lapidary.inspection;

import io.github.lapidary.inspection.TensorScan.Scanned;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Looks for values that no trained weight has. */
final class ValueCheck {

    private ValueCheck() {}

    static List<Finding> findings(List<Scanned> scanned) {
        List<Finding> findings = new ArrayList<>();
        Map<TensorNamePattern, List<Scanned>> groups =
                TensorNamePattern.group(scanned, Scanned::name);
        groups.forEach(
                (pattern, tensors) -> {
                    List<Scanned> broken =
                            tensors.stream().filter(t -> !t.statistics().isFinite()).toList();
                    if (!broken.isEmpty()) {
                        findings.add(notFinite(pattern, broken));
                    }
                    tensors.stream()
                            .filter(t -> t.statistics().isConstant())
                            .collect(Collectors.groupingBy(t -> t.statistics().smallest()))
                            .values()
                            .forEach(alike -> findings.add(constant(pattern, alike)));
                });
        return findings;
    }

    private static String place(TensorNamePattern pattern, List<Scanned> tensors) {
        return pattern.place(tensors.stream().map(Scanned::name).toList());
    }

    private static Finding notFinite(TensorNamePattern pattern, List<Scanned> tensors) {
        long count = tensors.stream().mapToLong(t -> t.statistics().count()).sum();
        long notNumbers = tensors.stream().mapToLong(t -> t.statistics().notNumbers()).sum();
        long infinite = tensors.stream().mapToLong(t -> t.statistics().infinite()).sum();
        return Finding.error(
                String.format(
                        Locale.ROOT,
                        "Of %,d values, %,d are not numbers and %,d are infinite.",
                        count,
                        notNumbers,
                        infinite),
                place(pattern, tensors),
                "They spread to all that is computed: no token is likelier than another.",
                "Fetch the checkpoint again. If it is so at its source, convert it again: float16"
                        + " overflows above 65504, bfloat16 does not.");
    }

    private static Finding constant(TensorNamePattern pattern, List<Scanned> tensors) {
        float value = tensors.get(0).statistics().smallest();
        String what = "All values of a tensor are " + value + ".";
        String where = place(pattern, tensors);
        String remedy = "Fetch the checkpoint again, or convert it again from its source.";
        if (tensors.get(0).norm().filter(norm -> norm.mean() == 0).isPresent()) {
            return Finding.note(
                    what, where, "The norm only norms, as before training.", "None is needed.");
        }
        return Finding.warning(
                what,
                where,
                "The tensor tells tokens apart no longer; what the model writes makes less sense,"
                        + " or none.",
                remedy);
    }
}
