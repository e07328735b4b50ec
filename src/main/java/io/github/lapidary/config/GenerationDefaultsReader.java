package io.github.lapidary.config;

import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the {@code generation_config.json} of a Hugging Face folder. */
public final class GenerationDefaultsReader {

    static final String FILE_NAME = "generation_config.json";

    private GenerationDefaultsReader() {}

    /**
     * Reads what the folder's {@code generation_config.json} says; {@link GenerationDefaults#NONE}
     * if there is none. Keys that no field stands for are not looked at.
     *
     * @throws MalformedFileException if the file is not JSON, or holds a value of another type or
     *     out of range
     */
    public static GenerationDefaults read(Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        return Files.exists(file) ? read(file, ConfigJson.read(file)) : GenerationDefaults.NONE;
    }

    static GenerationDefaults read(Path file, ConfigJson json) throws MalformedFileException {
        try {
            return new GenerationDefaults(
                    json.findIds("eos_token_id"),
                    json.findTruth("do_sample"),
                    json.findNumber("temperature"),
                    json.findInteger("top_k"),
                    json.findNumber("top_p"),
                    json.findNumber("min_p"),
                    json.findNumber("repetition_penalty"),
                    json.findInteger("max_new_tokens"));
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }
}
