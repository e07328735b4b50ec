package io.github.lapidary.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.lapidary.data.SourceTokenizer.BytesRead;
import io.github.lapidary.data.SourceTokenizer.Ends;
import io.github.lapidary.data.SourceTokenizer.Setting;
import io.github.lapidary.data.SourceTokenizer.Workers;
import io.github.lapidary.file.MalformedFileException;
import io.github.lapidary.file.ProgressListener;
import io.github.lapidary.file.Sha256;
import io.github.lapidary.file.StagedFiles;
import io.github.lapidary.file.TemporaryFile;
import io.github.lapidary.text.Tokenizer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The making of a token file from texts.
 *
 * <p>Each text file first becomes a token file of its own, in a hidden folder beside the target;
 * when all are there they are joined, the target appears in one step, and the folder goes. What is
 * interrupted takes up the text files that were finished, unless they, the tokenizer's vocabulary
 * or the options have changed since.
 *
 * <p>Names of control tokens in the texts are text like any other.
 */
public final class Tokenization {

    private static final String EOS = "<eos>";
    private static final int CHUNK_TOKENS = 1 << 16;

    private final Tokenizer tokenizer;
    private final String digest;
    private final Path target;
    private final Path folder;
    private final TokenizationOptions options;

    private Tokenization(Tokenizer tokenizer, Path target, TokenizationOptions options) {
        this.tokenizer = tokenizer;
        digest = HexFormat.of().formatHex(TokenizerDigest.of(tokenizer));
        this.target = target;
        folder = target.resolveSibling("." + target.getFileName() + ".parts");
        this.options = options;
    }

    /**
     * Writes a token file.
     *
     * @param sources the texts, in this order, each once
     * @param tokenizer what encodes them; it stays the caller's
     * @param target the file to write
     * @return the file, open
     * @throws MalformedFileException if a file is no text, has no document, or is no JSON where
     *     that is expected; the message names the place
     * @throws FileAlreadyExistsException if the target exists and is not to be replaced
     * @throws java.io.InterruptedIOException if this thread is interrupted
     * @throws IllegalArgumentException if there is no source, one is given twice, or the tokenizer
     *     has no end-of-sequence token and one is asked for
     */
    public static TokenFile run(
            List<TextSource> sources, Tokenizer tokenizer, Path target, TokenizationOptions options)
            throws IOException {
        if (sources.isEmpty() || new HashSet<>(sources).size() < sources.size()) {
            throw new IllegalArgumentException(
                    "Texts to encode are expected, each once: " + sources + ".");
        }
        if (!options.replace()) {
            StagedFiles.checkAbsent(target);
        }
        try {
            return new Tokenization(tokenizer, target, options).run(sources);
        } catch (IOException e) {
            throw Interruption.told("The encoding of texts", e);
        }
    }

    private TokenFile run(List<TextSource> sources) throws IOException {
        for (TextSource source : sources) {
            if (!Files.exists(source.file())) {
                throw new NoSuchFileException(
                        source.file().toString(), null, "there is no such file");
            }
        }
        Ends ends = new Ends(bos(), eos());
        Files.createDirectories(folder);
        ExecutorService threads = Executors.newFixedThreadPool(options.threads(), this::thread);
        try {
            Workers workers = new Workers(threads, options.threads());
            join(parts(sources, new Setting(new DocumentEncoder(tokenizer), ends, workers)));
        } finally {
            end(threads);
            removeIfEmpty();
        }
        removeParts();
        return TokenFile.open(target);
    }

    private List<Path> parts(List<TextSource> sources, Setting setting) throws IOException {
        long all = 0;
        for (TextSource source : sources) {
            all += Files.size(source.file());
        }
        long total = all;
        long done = 0;
        List<Path> parts = new ArrayList<>();
        for (TextSource source : sources) {
            long before = done;
            BytesRead listener = bytes -> options.listener().progress(before + bytes, total);
            parts.add(part(source, setting, listener));
            done += Files.size(source.file());
            options.listener().progress(done, total);
        }
        return parts;
    }

    private Thread thread(Runnable work) {
        Thread thread = new Thread(work, "lapidary-tokens");
        thread.setDaemon(true);
        return thread;
    }

    /** Waits until no thread uses the tokenizer any longer: its owner may close it then. */
    private static void end(ExecutorService threads) {
        threads.shutdownNow();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = threads.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Integer> bos() {
        return options.addBos() ? List.of(tokenizer.bosId()) : List.of();
    }

    private List<Integer> eos() {
        if (!options.addEos()) {
            return List.of();
        }
        return List.of(
                tokenizer
                        .id(EOS)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "The tokenizer has no token " + EOS + ".")));
    }

    private int flags() {
        return (options.addBos() ? TokenFileHeader.BOS : 0)
                | (options.addEos() ? TokenFileHeader.EOS : 0);
    }

    private TokenFileWriter writer(FileChannel channel) throws IOException {
        return new TokenFileWriter(channel, tokenizer.size(), flags(), digest);
    }

    private Path part(TextSource source, Setting setting, BytesRead listener) throws IOException {
        Path path = folder.resolve(key(source) + ".tokens");
        if (Files.exists(path)) {
            try {
                TokenFile.open(path).verify(ProgressListener.NONE);
                return path;
            } catch (MalformedFileException e) {
                Files.delete(path); // it is only a copy: made again below
            }
        }
        try (TemporaryFile file = new TemporaryFile(path)) {
            file.write(
                    channel -> new SourceTokenizer(setting, writer(channel), listener).run(source));
            file.publish();
        }
        return path;
    }

    /** Returns a name that is another whenever the tokens may be others. */
    private String key(TextSource source) throws IOException {
        Path file = source.file().toAbsolutePath();
        String identity =
                String.join(
                        "\n",
                        file.toString(),
                        Long.toString(Files.size(file)),
                        Files.getLastModifiedTime(file).toString(),
                        source.format().toString(),
                        Integer.toString(flags()),
                        digest);
        return HexFormat.of().formatHex(Sha256.begin().digest(identity.getBytes(UTF_8)));
    }

    private void join(List<Path> parts) throws IOException {
        try (TemporaryFile file = new TemporaryFile(target)) {
            file.write(
                    channel -> {
                        TokenFileWriter writer = writer(channel);
                        for (Path part : parts) {
                            copy(TokenFile.open(part), writer);
                        }
                        writer.finish();
                    });
            file.publish();
        }
    }

    private static void copy(TokenFile part, TokenFileWriter writer) throws IOException {
        for (int document = 0; document < part.documentCount(); document++) {
            long tokens = part.tokens(document);
            for (long start = 0; start < tokens; start += CHUNK_TOKENS) {
                int count = (int) Math.min(CHUNK_TOKENS, tokens - start);
                writer.add(part.ids(document, start, count));
            }
            writer.endDocument(part.textBytes(document));
        }
    }

    /** Keeps the parts that a run after a failure would take up. */
    private void removeIfEmpty() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            if (files.findAny().isPresent()) {
                return;
            }
        }
        Files.delete(folder);
    }

    private void removeParts() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
