package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a real model leaves in memory once it is closed. */
@Tag("real")
class ClosedModelTest {

    /** 109 to 207 MiB were seen to stay, in pieces between what is still used; else it is 460. */
    private static final long MOST_LEFT = 300L << 20;

    @TempDir private Path folder;

    @Test
    @EnabledOnOs(OS.LINUX)
    void aClosedModelLeavesLittle() throws Exception {
        Path numbers = folder.resolve("numbers");
        JavaProcess.run(
                folder,
                Run.class,
                RealModels.file("gemma-3-270m-q4_k_m.gguf").toString(),
                numbers.toString());
        long[] bytes = Files.readAllLines(numbers).stream().mapToLong(Long::parseLong).toArray();
        for (int i = 1; i < bytes.length; i++) {
            assertTrue(bytes[i] - bytes[0] < MOST_LEFT, () -> Arrays.toString(bytes));
        }
    }

    /** Opens and closes a model, again and again, in a process of its own. */
    static final class Run {

        private Run() {}

        /**
         * Writes to the file {@code args[1]} the private bytes before and after each time that the
         * model {@code args[0]} was open.
         */
        public static void main(String[] args) throws Exception {
            LanguageModel.load(Tiny.path("gemma2")).close(); // starts the engine
            StringBuilder samples = new StringBuilder();
            samples.append(ProcessMemory.privateBytesOfTheLiving()).append('\n');
            for (int i = 0; i < 3; i++) {
                try (LanguageModel model = LanguageModel.load(Path.of(args[0]))) {
                    model.generate("The capital of France is");
                }
                samples.append(ProcessMemory.privateBytesOfTheLiving()).append('\n');
            }
            Files.writeString(Path.of(args[1]), samples);
        }
    }
}
