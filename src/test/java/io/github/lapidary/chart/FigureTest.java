package io.github.lapidary.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FigureTest {

    private static final int BLUE = 0x0072B2;
    private static final int VERMILION = 0xD55E00;

    private static final Series RISING =
            new Series("rising", List.of(Point.of(512, 10), Point.of(8192, 40)));
    private static final Series FALLING =
            new Series(
                    "falling", List.of(new Point(512, 40, 35, 41), new Point(8192, 10, 2, 10.5)));

    private static Panel panel(Scale x, Scale y, Series... series) {
        return new Panel("Speed", new Axis("tokens", x), new Axis("per s", y), List.of(series));
    }

    private static BufferedImage drawn(Panel... panels) throws IOException {
        byte[] png = new Figure(List.of(panels)).png(600 * panels.length, 500);
        return ImageIO.read(new ByteArrayInputStream(png));
    }

    private static int count(BufferedImage image, int color, int fromX, int toX) {
        int count = 0;
        for (int x = fromX; x < toX; x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                count += (image.getRGB(x, y) & 0xFFFFFF) == color ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void eachPanelShowsItsSeriesInTheirColours(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("figure.png");
        Panel both = panel(Scale.DOUBLINGS, Scale.FROM_ZERO, RISING, FALLING);
        Panel one = panel(Scale.LINEAR, Scale.LINEAR, FALLING);

        new Figure(List.of(both, one)).write(file, 1200, 500);

        BufferedImage image = ImageIO.read(file.toFile());
        assertEquals(1200, image.getWidth());
        assertEquals(500, image.getHeight());
        assertTrue(count(image, BLUE, 0, 600) > 100);
        assertTrue(count(image, VERMILION, 0, 600) > 100);
        assertEquals(0, count(image, BLUE, 600, 1200));
        assertTrue(count(image, VERMILION, 600, 1200) > 100);
    }

    @Test
    void errorBarsAreAsLongAsTheirRanges() throws IOException {
        Series plain = new Series("s", List.of(Point.of(1, 50), Point.of(2, 50)));
        Series ranged =
                new Series("s", List.of(new Point(1, 50, 49, 90), new Point(2, 50, 50, 50)));
        Series top = new Series("top", List.of(Point.of(1, 100), Point.of(2, 100)));

        int without = rows(drawn(panel(Scale.LINEAR, Scale.FROM_ZERO, top, plain)));
        int with = rows(drawn(panel(Scale.LINEAR, Scale.FROM_ZERO, top, ranged)));

        // 40 of 108 parts of a plot that is a good 300 pixels high; nothing below the value.
        assertTrue(with - without > 100 && with - without < 150, with + " after " + without);
    }

    /** Returns how many rows above the legend have a point of the second series. */
    private static int rows(BufferedImage image) {
        Set<Integer> rows = new HashSet<>();
        for (int y = 0; y < 400; y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                if ((image.getRGB(x, y) & 0xFFFFFF) == VERMILION) {
                    rows.add(y);
                }
            }
        }
        return rows.size();
    }

    @ParameterizedTest
    @EnumSource(Scale.class)
    void longCurvesAreDrawnOnEachScale(Scale scale) throws IOException {
        Series curve =
                new Series(
                        "loss",
                        IntStream.rangeClosed(1, 20_000)
                                .mapToObj(step -> Point.of(step, 12 / Math.sqrt(step)))
                                .toList());

        assertTrue(count(drawn(panel(scale, scale, curve)), BLUE, 0, 600) > 100);
    }

    @ParameterizedTest
    @EnumSource(Scale.class)
    void aSinglePointIsDrawn(Scale scale) throws IOException {
        Series point = new Series("one", List.of(new Point(512, 20, 19, 22)));

        assertTrue(count(drawn(panel(scale, scale, point)), BLUE, 0, 600) > 20);
    }

    @Test
    void whatCannotBeDrawnIsRefused() {
        refused("A figure takes one panel or more; found none.", () -> new Figure(List.of()));
        refused("The series \"s\" has no points.", () -> new Series("s", List.of()));
        refused(
                "A panel takes series of different names, one or more; found [rising, rising].",
                () -> panel(Scale.LINEAR, Scale.LINEAR, RISING, RISING));
        refused(
                "The range of a point is to hold its value; found 2.0 to 3.0 around 1.0.",
                () -> new Point(0, 1, 2, 3));
        refused(
                "The axis \"tokens\" (DECADES) has no place for 0.0.",
                () -> panel(Scale.DECADES, Scale.LINEAR, new Series("s", List.of(Point.of(0, 1)))));
        refused(
                "The axis \"per s\" (LINEAR) has no place for NaN.",
                () ->
                        panel(
                                Scale.LINEAR,
                                Scale.LINEAR,
                                new Series("s", List.of(Point.of(0, Double.NaN)))));
        Figure figure = new Figure(List.of(panel(Scale.LINEAR, Scale.LINEAR, RISING)));
        refused(
                "The height is to be 100 to 10000 pixels; found 20000.",
                () -> figure.png(500, 20_000));
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }

    /** A call that fails. */
    private interface Executable {
        void run() throws IOException;
    }
}
