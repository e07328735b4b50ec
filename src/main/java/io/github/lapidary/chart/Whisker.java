package io.github.lapidary.chart;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import org.knowm.xchart.style.markers.Marker;

/** The short line across the end of an error bar. */
final class Whisker extends Marker {

    private static final double HALF_WIDTH = 5;

    @Override
    public void paint(Graphics2D graphics, double x, double y, int markerSize) {
        graphics.setStroke(new BasicStroke(1.5f));
        graphics.draw(new Line2D.Double(x - HALF_WIDTH, y, x + HALF_WIDTH, y));
    }
}
