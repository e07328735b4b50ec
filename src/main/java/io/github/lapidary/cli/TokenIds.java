package io.github.lapidary.cli;

import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Token ids as they are written on the command line: 2,5,7. */
final class TokenIds {

    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    /** Returns the ids. */
    int[] toArray() {
        return ids.clone();
    }

    /** Reads them; nothing at all is an empty list. */
    static final class Converter implements ITypeConverter<TokenIds> {
        @Override
        public TokenIds convert(String text) {
            if (text.isBlank()) {
                return new TokenIds(new int[0]);
            }
            String[] parts = text.split(",", -1);
            return new TokenIds(
                    Arrays.stream(parts).mapToInt(part -> id(part.strip(), text)).toArray());
        }

        private static int id(String part, String text) {
            try {
                return Integer.parseInt(part);
            } catch (NumberFormatException e) {
                throw new TypeConversionException(
                        "'" + text + "' is no list of ids, such as 2,5,7: '" + part + "'");
            }
        }
    }
}
