package io.github.lapidary.file;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The fixtures. */
final class Resources {

    private Resources() {}

    static Path path(String name) {
        try {
            return Path.of(Resources.class.getResource("/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(name, e);
        }
    }
}
