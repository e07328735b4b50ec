package io.github.lapidary.inspection;

import io.github.lapidary.file.StoredType;
import io.github.lapidary.file.TensorContainer;
import io.github.lapidary.file.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares what the files of a folder state about the same thing, where reading them has to prefer
 * one; what contradicts itself within config.json is refused by its reader.
 */
final class StatedKeysCheck {

    private static final Set<String> KEYS =
            Set.of("bos_token_id", "eos_token_id", "torch_dtype", "dtype");

    private StatedKeysCheck() {}

    static List<Finding> findings(Path folder, Optional<TensorContainer> tensors)
            throws IOException {
        JsonMembers config = JsonMembers.read(folder.resolve("config.json"), KEYS);
        JsonMembers generation = JsonMembers.read(folder.resolve("generation_config.json"), KEYS);
        List<Finding> findings = new ArrayList<>();
        if (differ(config.list("eos_token_id"), generation.list("eos_token_id"))) {
            findings.add(
                    Finding.note(
                            "config.json states the end tokens %s, generation_config.json %s."
                                    .formatted(
                                            config.list("eos_token_id"),
                                            generation.list("eos_token_id")),
                            "eos_token_id",
                            "Texts end at those of generation_config.json, which goes first.",
                            "State the same in both."));
        }
        if (differ(config.list("bos_token_id"), generation.list("bos_token_id"))) {
            findings.add(
                    Finding.warning(
                            "config.json states the first token %s, generation_config.json %s."
                                    .formatted(
                                            config.list("bos_token_id"),
                                            generation.list("bos_token_id")),
                            "bos_token_id",
                            "Programs differ in the token that they begin a text with; Lapidary"
                                    + " takes the tokenizer's.",
                            "State the same in both."));
        }
        Optional<String> type = config.text("dtype").or(() -> config.text("torch_dtype"));
        if (type.isPresent() && tensors.isPresent()) {
            storedType(type.get(), tensors.get()).ifPresent(findings::add);
        }
        return findings;
    }

    private static boolean differ(List<String> stated, List<String> others) {
        return !stated.isEmpty()
                && !others.isEmpty()
                && !new HashSet<>(stated).equals(new HashSet<>(others));
    }

    private static Optional<Finding> storedType(String stated, TensorContainer tensors) {
        Optional<StoredType> expected =
                switch (stated) {
                    case "float32" -> Optional.of(StoredType.F32);
                    case "float16" -> Optional.of(StoredType.F16);
                    case "bfloat16" -> Optional.of(StoredType.BF16);
                    default -> Optional.empty();
                };
        Set<StoredType> found =
                tensors.tensors().values().stream()
                        .map(TensorEntry::type)
                        .collect(Collectors.toCollection(() -> EnumSet.noneOf(StoredType.class)));
        if (expected.isEmpty() || found.isEmpty() || found.contains(expected.get())) {
            return Optional.empty();
        }
        return Optional.of(
                Finding.note(
                        "The configuration states %s, the tensors are stored as %s."
                                .formatted(stated, found),
                        "dtype",
                        "None. The tensors say themselves how they are stored.",
                        "Correct dtype (or torch_dtype) for other programs, which go by it."));
    }
}
