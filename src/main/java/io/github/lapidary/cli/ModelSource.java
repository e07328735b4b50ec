package io.github.lapidary.cli;

import ai.djl.MalformedModelException;
import io.github.lapidary.checkpoint.Checkpoint;
import io.github.lapidary.checkpoint.ExpertPlacement;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.config.Presets;
import io.github.lapidary.kernel.format.WeightFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Where a measured model comes from. */
sealed interface ModelSource {

    /** Returns what it is called unless told otherwise. */
    String name();

    /** Returns what was asked for, as on the command line. */
    String origin();

    /** Returns its configuration; of a file, reads it and the directory of its tensors. */
    ModelConfig config() throws IOException;

    /** Loads it, or makes it of random weights; in the best format unless one is asked for. */
    default BareModel load(Optional<WeightFormat> format, Console console)
            throws IOException, MalformedModelException {
        return load(format, Optional.empty(), console);
    }

    /** The same with the experts of a checkpoint where they are wanted. */
    BareModel load(
            Optional<WeightFormat> format, Optional<ExpertPlacement> experts, Console console)
            throws IOException, MalformedModelException;

    /** Returns the last name of a path, also of {@code .}. */
    private static String lastName(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    /** A checkpoint. */
    record Stored(Path path) implements ModelSource {
        @Override
        public String name() {
            return lastName(path);
        }

        @Override
        public String origin() {
            return "--model " + path;
        }

        @Override
        public ModelConfig config() throws IOException {
            return Checkpoint.open(path).config();
        }

        @Override
        public BareModel load(
                Optional<WeightFormat> format, Optional<ExpertPlacement> experts, Console console)
                throws IOException, MalformedModelException {
            return BareModel.load(Checkpoint.open(path), format, experts, console);
        }
    }

    /** A shape that gets random weights, drawn from the seed. */
    record Shape(String name, String origin, ModelConfig config, long seed) implements ModelSource {

        private static final String CONFIG_JSON = "config.json";
        private static final String JSON = ".json";

        /**
         * Returns the shape of a released model.
         *
         * @throws IllegalArgumentException if there is no such preset
         */
        static Shape ofPreset(String preset, long seed) {
            return new Shape(preset, "--preset " + preset, Presets.get(preset), seed);
        }

        /** Reads a shape; it is called as its file, or as the folder of a config.json. */
        static Shape ofConfig(Path file, long seed) throws IOException {
            String name = lastName(file);
            if (name.equals(CONFIG_JSON)) {
                name = lastName(file.resolveSibling(""));
            } else if (name.endsWith(JSON)) {
                name = name.substring(0, name.length() - JSON.length());
            }
            return new Shape(name, "--config " + file, ModelConfigReader.readFile(file), seed);
        }

        @Override
        public BareModel load(
                Optional<WeightFormat> format, Optional<ExpertPlacement> experts, Console console) {
            return BareModel.random(config, format, seed);
        }
    }
}
