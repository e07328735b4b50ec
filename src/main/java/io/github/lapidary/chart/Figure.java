package io.github.lapidary.chart;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * A picture of charts side by side.
 *
 * <p>No display is needed, but fonts are: in a container often fontconfig and a font must be
 * installed. A program that draws nothing else may set {@code java.awt.headless}, so that no
 * display is looked for.
 *
 * @param panels from left to right, at least one
 */
public record Figure(List<Panel> panels) {

    private static final int LEAST_PIXELS = 100;
    private static final int MOST_PIXELS = 10_000;

    /**
     * Takes a copy of the panels.
     *
     * @throws IllegalArgumentException if there are none
     */
    public Figure {
        panels = List.copyOf(panels);
        if (panels.isEmpty()) {
            throw new IllegalArgumentException("A figure takes one panel or more; found none.");
        }
    }

    /**
     * Draws it into a file, in place of what has its name.
     *
     * @param width of the picture in pixels
     * @param height of the picture in pixels
     * @throws ChartException if there are no fonts
     * @throws IOException if the file cannot be written
     */
    public void write(Path file, int width, int height) throws IOException {
        Files.write(file, png(width, height));
    }

    /**
     * Draws it.
     *
     * @param width in pixels, 100 to 10,000 for each panel
     * @param height in pixels, 100 to 10,000
     * @return the bytes of a PNG file
     * @throws ChartException if there are no fonts
     * @throws IllegalArgumentException if the size is out of range
     */
    public byte[] png(int width, int height) throws ChartException {
        checkPixels("height", height);
        checkPixels("width of a panel", width / panels.size());
        checkFonts();
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setRenderingHint(
                    RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(
                    RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, width, height);
            List<String> names =
                    panels.stream()
                            .flatMap(panel -> panel.series().stream())
                            .map(Series::name)
                            .distinct()
                            .toList();
            int left = 0;
            for (int i = 0; i < panels.size(); i++) {
                int right = width * (i + 1) / panels.size();
                Graphics2D part = (Graphics2D) graphics.create(left, 0, right - left, height);
                PanelChart.of(panels.get(i), names, right - left, height)
                        .paint(part, right - left, height);
                part.dispose();
                left = right;
            }
        } finally {
            graphics.dispose();
        }
        return encoded(image);
    }

    private static void checkPixels(String name, int pixels) {
        if (pixels < LEAST_PIXELS || pixels > MOST_PIXELS) {
            throw new IllegalArgumentException(
                    "The %s is to be %d to %d pixels; found %d."
                            .formatted(name, LEAST_PIXELS, MOST_PIXELS, pixels));
        }
    }

    /** Measures a text: where fonts are missing, that throws one of many errors. */
    private static void checkFonts() throws ChartException {
        try {
            BufferedImage pixel = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = pixel.createGraphics();
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            graphics.getFontMetrics().stringWidth("0");
            graphics.dispose();
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw new ChartException(
                    "no picture can be drawn, as Java has no fonts to write with ("
                            + e
                            + "); fontconfig and a font must be installed, on Debian for example"
                            + " the packages fontconfig and fonts-dejavu-core",
                    e);
        }
    }

    private static byte[] encoded(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, "png", bytes)) {
                throw new IllegalStateException("Every Java platform writes PNG.");
            }
        } catch (IOException e) { // an array is written to
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }
}
