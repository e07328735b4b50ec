package io.github.lapidary.cli;

import io.github.lapidary.inspection.Finding;
import io.github.lapidary.inspection.Finding.Severity;
import io.github.lapidary.inspection.Inspection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The findings of an inspection for people. */
final class FindingsText {

    private static final String INDENT = " ".repeat(11);

    private final Inspection inspection;

    FindingsText(Inspection inspection) {
        this.inspection = inspection;
    }

    /** Returns what was found, and where, each followed by its effect and remedy. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Check-up: ").append(summary()).append('\n');
        if (!inspection.scanned()) {
            text.append("  The values of the weights were not looked at.\n");
        }
        for (Finding finding : inspection.findings()) {
            text.append("\n  ")
                    .append(String.format(Locale.ROOT, "%-9s", name(finding.severity())))
                    .append(InspectionText.printable(finding.where()))
                    .append('\n');
            append(text, finding.what());
            append(text, "Effect: " + finding.effect());
            append(text, "Remedy: " + finding.remedy());
        }
        return text.toString();
    }

    private String summary() {
        List<String> counts = new ArrayList<>();
        for (Severity severity : Severity.values()) {
            long count = inspection.count(severity);
            if (count > 0) {
                counts.add(count + " " + name(severity) + (count == 1 ? "" : "s"));
            }
        }
        return counts.isEmpty() ? "nothing is wrong" : String.join(", ", counts);
    }

    private static String name(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT);
    }

    /** Appends a text in lines that fit. */
    private static void append(StringBuilder text, String sentence) {
        int column = 0;
        for (String word : InspectionText.printable(sentence.strip()).split(" +", -1)) {
            if (column == 0) {
                text.append(INDENT);
                column = INDENT.length();
            } else if (column + 1 + word.length() > InspectionText.COLUMNS) {
                text.append('\n').append(INDENT);
                column = INDENT.length();
            } else {
                text.append(' ');
                column++;
            }
            text.append(word);
            column += word.length();
        }
        text.append('\n');
    }
}
