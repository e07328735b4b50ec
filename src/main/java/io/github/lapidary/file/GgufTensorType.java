package io.github.lapidary.file;

import java.util.Map;
import java.util.Optional;

/** The numbers that GGUF gives to the types of tensors. */
final class GgufTensorType {

    private static final Map<Integer, StoredType> READABLE =
            Map.ofEntries(
                    Map.entry(0, StoredType.F32),
                    Map.entry(1, StoredType.F16),
                    Map.entry(2, StoredType.Q4_0),
                    Map.entry(3, StoredType.Q4_1),
                    Map.entry(6, StoredType.Q5_0),
                    Map.entry(7, StoredType.Q5_1),
                    Map.entry(8, StoredType.Q8_0),
                    Map.entry(10, StoredType.Q2_K),
                    Map.entry(11, StoredType.Q3_K),
                    Map.entry(12, StoredType.Q4_K),
                    Map.entry(13, StoredType.Q5_K),
                    Map.entry(14, StoredType.Q6_K),
                    Map.entry(24, StoredType.I8),
                    Map.entry(25, StoredType.I16),
                    Map.entry(26, StoredType.I32),
                    Map.entry(27, StoredType.I64),
                    Map.entry(28, StoredType.F64),
                    Map.entry(30, StoredType.BF16));

    /** What a user may meet and the library does not read, so that a message can name it. */
    private static final Map<Integer, String> OTHERS =
            Map.ofEntries(
                    Map.entry(9, "Q8_1"),
                    Map.entry(15, "Q8_K"),
                    Map.entry(16, "IQ2_XXS"),
                    Map.entry(17, "IQ2_XS"),
                    Map.entry(18, "IQ3_XXS"),
                    Map.entry(19, "IQ1_S"),
                    Map.entry(20, "IQ4_NL"),
                    Map.entry(21, "IQ3_S"),
                    Map.entry(22, "IQ2_S"),
                    Map.entry(23, "IQ4_XS"),
                    Map.entry(29, "IQ1_M"),
                    Map.entry(34, "TQ1_0"),
                    Map.entry(35, "TQ2_0"),
                    Map.entry(39, "MXFP4"));

    private GgufTensorType() {}

    /** Returns the type of a number, if the library reads it. */
    static Optional<StoredType> of(int number) {
        return Optional.ofNullable(READABLE.get(number));
    }

    /** Returns the number with its name, as far as it is known. */
    static String describe(int number) {
        String name = OTHERS.get(number);
        return name == null ? Integer.toString(number) : number + " (" + name + ")";
    }
}
