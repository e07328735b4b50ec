package io.github.lapidary.inspection;

import io.github.lapidary.config.GgufConfigReader;
import io.github.lapidary.config.ModelConfig;
import io.github.lapidary.config.ModelConfigReader;
import io.github.lapidary.file.Gguf;
import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.SafetensorsFolder;
import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.text.ChatFormat;
import io.github.lapidary.text.ChatSource;
import io.github.lapidary.text.TemplateException;
import io.github.lapidary.text.TemplateRefusalException;
import io.github.lapidary.text.Tokenizer;
import io.github.lapidary.text.TokenizerJson;
import io.github.lapidary.text.VocabularyTokenizer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the parts of a checkpoint one by one; what cannot be read becomes a finding. */
final class CheckpointReading implements AutoCloseable {

    /** What is read, and what its lack means. */
    enum Stage {
        CONFIGURATION(
                "The model does not load: its sizes are not known.",
                "Compare the key with the configuration of the model's release."),
        WEIGHTS(
                "The model does not load.",
                "Fetch the file again; compare its size and checksum with those at its source."),
        TOKENIZER(
                "Text does not become tokens, so that the model takes nothing but ids.",
                "Take the tokenizer's files of the same release."),
        CHAT_TEMPLATE(
                "Conversations cannot be put before the model; plain text can.",
                "Mend the template, or put that of the release into chat_template.jinja.");

        private final String effect;
        private final String remedy;

        Stage(String effect, String remedy) {
            this.effect = effect;
            this.remedy = remedy;
        }
    }

    /** Something that reads. */
    @FunctionalInterface
    interface Source<T> {
        T read() throws IOException;
    }

    private final Path path;
    private final List<Finding> findings = new ArrayList<>();
    private Optional<GgufMetadata> metadata = Optional.empty();
    private Optional<TensorContainer> tensors = Optional.empty();
    private Optional<ModelConfig> config = Optional.empty();
    private Optional<Tokenizer> tokenizer = Optional.empty();
    private Optional<ChatSource> chatSource = Optional.empty();
    private Optional<ChatFormat> chatFormat = Optional.empty();

    private CheckpointReading(Path path) {
        this.path = path;
    }

    /**
     * Reads what can be read.
     *
     * @throws NoSuchFileException if there is nothing at the path
     * @throws IOException if this thread is interrupted
     */
    static CheckpointReading of(Path path) throws IOException {
        CheckpointReading reading = new CheckpointReading(path);
        if (reading.isFolder()) {
            reading.readFolder();
        } else if (Files.exists(path)) {
            reading.readGguf();
        } else {
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "there is no such model; expected a Hugging Face folder or a GGUF file");
        }
        return reading;
    }

    private void readFolder() throws IOException {
        config = attempt(Stage.CONFIGURATION, () -> ModelConfigReader.read(path));
        tensors = attempt(Stage.WEIGHTS, () -> SafetensorsFolder.read(path));
        tokenizer = attempt(Stage.TOKENIZER, () -> TokenizerJson.load(path));
        readTemplate(() -> ChatSource.of(path));
    }

    private void readGguf() throws IOException {
        Optional<Gguf> gguf = attempt(Stage.WEIGHTS, () -> Gguf.read(path));
        if (gguf.isPresent()) {
            GgufMetadata own = gguf.get().metadata();
            metadata = Optional.of(own);
            tensors = Optional.of(gguf.get());
            config = attempt(Stage.CONFIGURATION, () -> GgufConfigReader.read(own, path));
            tokenizer = attempt(Stage.TOKENIZER, () -> VocabularyTokenizer.of(own, path));
            readTemplate(() -> ChatSource.of(own, path));
        }
    }

    private void readTemplate(Source<ChatSource> source) throws IOException {
        if (tokenizer.isPresent()) {
            chatSource = attempt(Stage.CHAT_TEMPLATE, source);
        }
        if (bringsTemplate()) {
            chatFormat = attempt(Stage.CHAT_TEMPLATE, this::readChatFormat);
        } else if (chatSource.isPresent()) {
            try {
                chatFormat = Optional.of(readChatFormat());
            } catch (TemplateException e) {
                chatFormat = Optional.empty(); // none of its own and none built in is no fault
            }
        }
    }

    private ChatFormat readChatFormat() throws TemplateException {
        return chatSource.orElseThrow().format(tokenizer.orElseThrow());
    }

    /** Returns what the source reads; if that fails, notes it and returns nothing. */
    <T> Optional<T> attempt(Stage stage, Source<? extends T> source) throws IOException {
        try {
            return Optional.of(source.read());
        } catch (ClosedByInterruptException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            Finding finding = finding(stage, e);
            // What the template shares with other stages is told of once.
            if (stage != Stage.CHAT_TEMPLATE
                    || findings.stream().noneMatch(own -> own.where().equals(finding.where()))) {
                findings.add(finding);
            }
            return Optional.empty();
        }
    }

    private Finding finding(Stage stage, IOException failure) {
        String message = String.valueOf(failure.getMessage());
        String where = path.toString();
        if (failure instanceof FileSystemException system && system.getFile() != null) {
            where = system.getFile();
            message = system.getReason() == null ? "It cannot be read." : system.getReason();
        } else if (failure instanceof TemplateRefusalException) {
            where = "the chat template";
            message = "The template refuses a plain conversation: " + message;
        } else if (message.startsWith(where)) {
            // Our own messages begin with the file.
            int end = message.indexOf(": ");
            where = message.substring(0, Math.max(0, end));
            message = message.substring(end < 0 ? 0 : end + 2);
        }
        return Finding.error(message, relative(where), stage.effect, stage.remedy);
    }

    /** Returns how a file of the checkpoint is called in it; other texts as they are. */
    String relative(String file) {
        String own = path.toString();
        String folder = own + path.getFileSystem().getSeparator();
        if (file.startsWith(folder)) {
            return file.substring(folder.length());
        }
        return file.startsWith(own) ? path.getFileName() + file.substring(own.length()) : file;
    }

    /** Returns the folder or file. */
    Path path() {
        return path;
    }

    /** Returns whether it is a Hugging Face folder. */
    boolean isFolder() {
        return Files.isDirectory(path);
    }

    /** Returns what could not be read. */
    List<Finding> findings() {
        return findings;
    }

    /** Returns the metadata of a GGUF file. */
    Optional<GgufMetadata> metadata() {
        return metadata;
    }

    /** Returns the directory of tensors. */
    Optional<TensorContainer> tensors() {
        return tensors;
    }

    /** Returns the configuration. */
    Optional<ModelConfig> config() {
        return config;
    }

    /** Returns the tokenizer, which closes with this. */
    Optional<Tokenizer> tokenizer() {
        return tokenizer;
    }

    /** Returns whether the checkpoint has a chat template of its own. */
    boolean bringsTemplate() {
        return chatSource.isPresent() && chatSource.get().hasTemplate();
    }

    /** Returns how conversations are rendered. */
    Optional<ChatFormat> chatFormat() {
        return chatFormat;
    }

    @Override
    public void close() {
        tokenizer.ifPresent(Tokenizer::close);
    }
}
