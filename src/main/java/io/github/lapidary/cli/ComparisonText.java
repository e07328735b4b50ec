package io.github.lapidary.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.training.run.ComparisonResult;
import io.github.lapidary.training.run.FinishedRun;
import io.github.lapidary.training.run.Spread;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What compared configurations came to, for people and for programs. */
final class ComparisonText {

    private ComparisonText() {}

    /** Returns a line for each configuration, under a line that says what its numbers are. */
    static String table(List<ComparisonResult> results) {
        TextTable table = new TextTable("", "lrrrrrrrr");
        table.row(
                "configuration",
                "parameters",
                "activated",
                "tokens",
                "seeds",
                "validation loss",
                "best",
                "bits per byte",
                "tokens/s");
        for (ComparisonResult result : results) {
            table.row(
                    result.name(),
                    number("%,d", result.size().totalParameters()),
                    number("%,d", result.size().activatedParameters()),
                    number("%,d", result.tokens()),
                    result.runs().size(),
                    spread(result.loss()),
                    number("%.4f", result.bestLoss().mean()),
                    spread(result.bitsPerByte()),
                    number("%,.0f", result.tokensPerSecond().mean()));
        }
        return table.toString();
    }

    private static String spread(Spread spread) {
        return number("%.4f", spread.mean())
                + (spread.deviation().isPresent()
                        ? number(" ± %.4f", spread.deviation().getAsDouble())
                        : "");
    }

    private static String number(String format, Object value) {
        return String.format(Locale.ROOT, format, value);
    }

    /** Returns an object for each configuration, one a line. */
    static String lines(List<ComparisonResult> results) {
        return results.stream()
                .map(result -> JsonLine.of(json(result)))
                .collect(Collectors.joining());
    }

    private static JsonObject json(ComparisonResult result) {
        JsonObject line = new JsonObject();
        line.addProperty("configuration", result.name());
        line.addProperty("parameters", result.size().totalParameters());
        line.addProperty("activated", result.size().activatedParameters());
        line.addProperty("tokens", result.tokens());
        line.add("seeds", each(result, FinishedRun::seed));
        line.add("validation_losses", each(result, run -> run.last().loss()));
        add(line, "validation_loss", result.loss());
        add(line, "best_validation_loss", result.bestLoss());
        add(line, "bits_per_byte", result.bitsPerByte());
        line.addProperty("tokens_per_second", result.tokensPerSecond().mean());
        return line;
    }

    private static JsonArray each(ComparisonResult result, Function<FinishedRun, Number> value) {
        return JsonLine.list(
                result.runs().stream().map(run -> new JsonPrimitive(value.apply(run))).toList());
    }

    private static void add(JsonObject line, String name, Spread spread) {
        line.addProperty(name, spread.mean());
        line.add(
                name + "_deviation",
                JsonLine.number(spread.deviation().orElse(Double.NaN))); // null for a single seed
    }
}
