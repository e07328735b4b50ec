package io.github.lapidary.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A panel as a chart of XChart. */
final class PanelChart {

    /** Colours that people with colour blindness tell apart too (Okabe and Ito). */
    private static final List<Color> COLORS =
            List.of(
                    new Color(0, 114, 178),
                    new Color(213, 94, 0),
                    new Color(0, 158, 115),
                    new Color(204, 121, 167),
                    new Color(86, 180, 233),
                    new Color(230, 159, 0));

    private static final List<Marker> MARKERS =
            List.of(
                    SeriesMarkers.CIRCLE,
                    SeriesMarkers.SQUARE,
                    SeriesMarkers.DIAMOND,
                    SeriesMarkers.TRIANGLE_UP,
                    SeriesMarkers.TRIANGLE_DOWN);

    private static final Color INK = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE0, 0xE0, 0xE0);
    private static final int MARKED_POINTS = 40; // more would hide the line
    private static final int TICK_PIXELS = 60;
    private static final double PLOT_PART = 0.8; // of the width
    private static final double HEADROOM = 1.08;

    private final Panel panel;
    private final XYChart chart;

    private PanelChart(Panel panel, int width, int height) {
        this.panel = panel;
        this.chart = new XYChart(width, height);
    }

    /**
     * Draws a panel.
     *
     * @param names of all series of the figure; their order decides colours and marks
     */
    static XYChart of(Panel panel, List<String> names, int width, int height) {
        PanelChart drawing = new PanelChart(panel, width, height);
        drawing.setStyle();
        drawing.setAxes();
        for (Series series : panel.series()) {
            drawing.add(series, names.indexOf(series.name()));
        }
        return drawing.chart;
    }

    private void setStyle() {
        chart.setTitle(panel.title());
        XYStyler styler = chart.getStyler();
        styler.setBaseFont(font(Font.PLAIN, 13));
        styler.setChartTitleFont(font(Font.BOLD, 16));
        styler.setAxisTitleFont(font(Font.PLAIN, 14));
        styler.setAxisTickLabelsFont(font(Font.PLAIN, 13));
        styler.setLegendFont(font(Font.PLAIN, 14));
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setChartFontColor(INK);
        styler.setChartTitleBoxVisible(false);
        styler.setChartPadding(14);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setPlotContentSize(0.92);
        styler.setAxisTickMarksColor(INK);
        styler.setLegendPosition(LegendPosition.OutsideS);
        styler.setLegendLayout(LegendLayout.Horizontal);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setMarkerSize(8);
        styler.setLocale(Locale.ROOT);
        styler.setDecimalPattern("#,##0.####");
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }

    private void setAxes() {
        XYStyler styler = chart.getStyler();
        chart.setXAxisTitle(panel.x().title());
        chart.setYAxisTitle(panel.y().title());
        styler.setXAxisTickMarkSpacingHint(tickPixels());
        styler.setXAxisLogarithmic(panel.x().scale() == Scale.DECADES);
        styler.setYAxisLogarithmic(panel.y().scale() == Scale.DECADES);
        if (panel.x().scale() == Scale.FROM_ZERO) {
            styler.setXAxisMin(0.0);
        }
        if (panel.y().scale() == Scale.FROM_ZERO) {
            styler.setYAxisMin(0.0);
            styler.setYAxisMax(HEADROOM * highest());
        }
        // Powers of two are drawn as their exponents, with the powers as labels.
        if (panel.x().scale() == Scale.DOUBLINGS) {
            chart.setCustomXAxisTickLabelsFormatter(PanelChart::powerOfTwo);
        }
        if (panel.y().scale() == Scale.DOUBLINGS) {
            chart.setCustomYAxisTickLabelsFormatter(PanelChart::powerOfTwo);
        }
    }

    /** Returns how far ticks should be apart: where values double, no tick between them. */
    private int tickPixels() {
        DoubleSummaryStatistics exponents =
                panel.series().stream()
                        .flatMap(series -> series.points().stream())
                        .mapToDouble(point -> x(point.x()))
                        .summaryStatistics();
        double doublings = exponents.getMax() - exponents.getMin();
        boolean few = panel.x().scale() == Scale.DOUBLINGS && doublings > 0;
        int pixels = few ? (int) (PLOT_PART * chart.getWidth() / doublings) : 0;
        return Math.max(TICK_PIXELS, pixels);
    }

    private double highest() {
        return panel.series().stream()
                .flatMap(series -> series.points().stream())
                .mapToDouble(Point::high)
                .max()
                .orElseThrow();
    }

    private static String powerOfTwo(double exponent) {
        return exponent == Math.rint(exponent)
                ? String.format(Locale.ROOT, "%,d", Math.round(Math.pow(2, exponent)))
                : " ";
    }

    private void add(Series series, int index) {
        List<Point> points = series.points();
        Color color = COLORS.get(index % COLORS.size());
        if (series.hasRanges()) {
            addRanges(series, color);
        }
        XYSeries line =
                chart.addSeries(
                        series.name(),
                        points.stream().mapToDouble(point -> x(point.x())).toArray(),
                        points.stream().mapToDouble(point -> y(point.y())).toArray());
        line.setLineColor(color).setLineStyle(new BasicStroke(2));
        line.setMarkerColor(color);
        line.setMarker(
                points.size() > MARKED_POINTS
                        ? SeriesMarkers.NONE
                        : MARKERS.get(index % MARKERS.size()));
    }

    /**
     * Draws error bars as lines of their own, which a gap parts: XChart's are as long above the
     * value as below.
     */
    private void addRanges(Series series, Color color) {
        List<Point> points = series.points().stream().filter(Point::hasRange).toList();
        double[] x = new double[3 * points.size()];
        double[] y = new double[3 * points.size()];
        for (int i = 0; i < points.size(); i++) {
            Point point = points.get(i);
            x[3 * i] = x(point.x());
            x[3 * i + 1] = x[3 * i];
            x[3 * i + 2] = x[3 * i];
            y[3 * i] = y(point.low());
            y[3 * i + 1] = y(point.high());
            y[3 * i + 2] = Double.NaN;
        }
        XYSeries bars = chart.addSeries(series.name() + "\0ranges", x, y);
        bars.setLineColor(color).setLineStyle(new BasicStroke(1.5f));
        bars.setMarkerColor(color);
        bars.setMarker(new Whisker());
        bars.setShowInLegend(false);
    }

    private double x(double value) {
        return onScale(panel.x().scale(), value);
    }

    private double y(double value) {
        return onScale(panel.y().scale(), value);
    }

    private static double onScale(Scale scale, double value) {
        return scale == Scale.DOUBLINGS ? Math.log(value) / Math.log(2) : value;
    }
}
