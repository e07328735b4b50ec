package io.github.lapidary.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.github.lapidary.file.GgufMetadata;
import io.github.lapidary.file.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a model brings to render conversations; the template is not parsed yet, so that a broken one
 * hinders only those who need it.
 *
 * <p>A folder's template is {@code chat_template.jinja}, or else {@code chat_template} in {@code
 * tokenizer_config.json}: a string, or a list of named ones of which {@code default} counts. A GGUF
 * file's is {@code tokenizer.chat_template}. Where there is none, one is built in for Gemma 1, 2
 * and 3 and RecurrentGemma.
 */
public final class ChatSource {

    private static final String TEMPLATE_FILE = "chat_template.jinja";
    private static final String GGUF_TEMPLATE = "tokenizer.chat_template";
    private static final int MOST_BYTES = 1 << 22;

    private static final Map<String, String> GGUF_TOKENS =
            Map.of(
                    "eos_token", "tokenizer.ggml.eos_token_id",
                    "unk_token", "tokenizer.ggml.unknown_token_id",
                    "pad_token", "tokenizer.ggml.padding_token_id");

    /** Names the resources with the built-in templates, by {@code model_type}. */
    private static final Map<String, String> BUILT_IN =
            Map.of(
                    "gemma", "gemma.jinja",
                    "gemma2", "gemma.jinja",
                    "recurrent_gemma", "gemma.jinja",
                    "gemma3", "gemma3.jinja",
                    "gemma3_text", "gemma3.jinja");

    private final Path path;
    private final Optional<String> modelType;
    private final Optional<Named> template;
    private final Map<String, String> tokens;

    /** A template with where it comes from. */
    private record Named(String name, JsonElement source) {}

    private ChatSource(
            Path path,
            Optional<String> modelType,
            Optional<Named> template,
            Map<String, String> tokens) {
        this.path = path;
        this.modelType = modelType;
        this.template = template;
        this.tokens = tokens;
    }

    /**
     * Reads what a Hugging Face folder says; nothing but a tokenizer need be there.
     *
     * @throws IOException if a file cannot be read, is too large or is not what it should be
     */
    public static ChatSource of(Path folder) throws IOException {
        Path settingsFile = folder.resolve("tokenizer_config.json");
        TokenizerSettings settings = TokenizerSettings.read(settingsFile);
        Path templateFile = folder.resolve(TEMPLATE_FILE);
        Optional<Named> template =
                Files.isRegularFile(templateFile)
                        ? Optional.of(
                                new Named(
                                        templateFile.toString(),
                                        new JsonPrimitive(text(templateFile))))
                        : settings.chatTemplate()
                                .map(source -> new Named(settingsFile.toString(), source));
        return new ChatSource(
                folder,
                modelType(folder.resolve("config.json")),
                template,
                settings.tokensByRole());
    }

    private static String text(Path file) throws IOException {
        try (InputStream input = Files.newInputStream(file)) {
            byte[] bytes = input.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new MalformedFileException(
                        file, "it has more than " + MOST_BYTES + " bytes; expected fewer.");
            }
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file, "it is not UTF-8.", e);
        }
    }

    private static Optional<String> modelType(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        JsonElement type =
                Json.read(file, json -> Json.element(json).getAsJsonObject().get("model_type"));
        return type instanceof JsonPrimitive name && name.isString()
                ? Optional.of(name.getAsString())
                : Optional.empty();
    }

    /**
     * Takes what a GGUF file says.
     *
     * @param metadata the file's metadata
     * @param file the file, for messages
     * @throws MalformedFileException if a value has another type than it should
     */
    public static ChatSource of(GgufMetadata metadata, Path file) throws MalformedFileException {
        try {
            List<String> pieces = metadata.strings("tokenizer.ggml.tokens");
            Map<String, String> tokens = new HashMap<>();
            GGUF_TOKENS.forEach(
                    (role, key) ->
                            metadata.find(key, Long.class)
                                    .filter(id -> id >= 0 && id < pieces.size())
                                    .ifPresent(id -> tokens.put(role, pieces.get(id.intValue()))));
            return new ChatSource(
                    file,
                    metadata.find("general.architecture", String.class),
                    metadata.find(GGUF_TEMPLATE, String.class)
                            .map(
                                    source ->
                                            new Named(
                                                    file + ", " + GGUF_TEMPLATE,
                                                    new JsonPrimitive(source))),
                    tokens);
        } catch (NoSuchElementException e) {
            throw new MalformedFileException(file, e.getMessage(), e);
        }
    }

    /** Returns whether the model brings a template, so that none that is built in counts. */
    public boolean hasTemplate() {
        return template.isPresent();
    }

    /**
     * Returns the chat format of the model.
     *
     * @param tokenizer the model's tokenizer, which stays the caller's
     * @throws TemplateException if the model has no chat template, or a broken one
     */
    public ChatFormat format(Tokenizer tokenizer) throws TemplateException {
        ChatTemplate parsed =
                template.isPresent()
                        ? ChatTemplate.parse(template.get().name(), source(template.get()))
                        : builtIn(tokenizer);
        return ChatFormat.of(tokenizer, parsed, tokens);
    }

    private static String source(Named template) throws TemplateException {
        JsonElement source = template.source();
        if (source instanceof JsonArray list) {
            for (JsonElement element : list) {
                if (element instanceof JsonObject named
                        && new JsonPrimitive("default").equals(named.get("name"))) {
                    source = named.get("template");
                }
            }
        }
        if (source instanceof JsonPrimitive text && text.isString()) {
            return text.getAsString();
        }
        throw new TemplateException(
                template.name() + ": expected a chat template, or a list with one named default.",
                null);
    }

    /** Returns the template of the family; the vocabulary tells it where no configuration does. */
    private ChatTemplate builtIn(Tokenizer tokenizer) throws TemplateException {
        String family =
                modelType.orElse(
                        isSpecial(tokenizer, "<start_of_image>")
                                ? "gemma3"
                                : isSpecial(tokenizer, "<start_of_turn>") ? "gemma" : "unknown");
        String resource = BUILT_IN.get(family);
        if (resource == null) {
            throw new TemplateException(
                    "%s: the model has no chat template, and for the family %s none is built in."
                            .formatted(path, family),
                    null);
        }
        try (InputStream input = ChatSource.class.getResourceAsStream(resource)) {
            return ChatTemplate.parse(
                    "the built-in " + resource,
                    new String(input.readAllBytes(), StandardCharsets.UTF_8));
        } catch (TemplateException e) {
            throw e;
        } catch (IOException e) {
            throw new TemplateException("The built-in " + resource + " cannot be read.", e);
        }
    }

    private static boolean isSpecial(Tokenizer tokenizer, String token) {
        OptionalInt id = tokenizer.id(token);
        return id.isPresent() && tokenizer.isSpecial(id.getAsInt());
    }
}
