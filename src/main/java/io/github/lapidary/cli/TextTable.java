package io.github.lapidary.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Lines of cells, aligned. */
final class TextTable {

    private final String indent;
    private final String alignment;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * Starts without rows.
     *
     * @param alignment for each column {@code l} or {@code r}: to the left or to the right
     */
    TextTable(String indent, String alignment) {
        this.indent = indent;
        this.alignment = alignment;
    }

    /** Adds a row, which may be shorter than the table. */
    void row(Object... cells) {
        rows.add(List.of(cells).stream().map(Object::toString).toList());
    }

    /** Returns the rows, two spaces between columns, each with a line's end. */
    @Override
    public String toString() {
        int[] widths = new int[alignment.length()];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining());
    }

    private String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder(indent);
        for (int i = 0; i < row.size(); i++) {
            String gap = " ".repeat(widths[i] - row.get(i).length());
            boolean left = alignment.charAt(i) == 'l';
            line.append(i == 0 ? "" : "  ").append(left ? row.get(i) + gap : gap + row.get(i));
        }
        return line.toString().stripTrailing() + "\n";
    }
}
