package io.github.lapidary.data;

/** How long a text is in UTF-8. */
final class Utf8Length {

    private Utf8Length() {}

    /** Returns the number of bytes; a surrogate without its partner counts as U+FFFD. */
    static long of(String text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character < 0x80) {
                bytes++;
            } else if (character < 0x800) {
                bytes += 2;
            } else if (Character.isHighSurrogate(character)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                bytes += 3;
            }
        }
        return bytes;
    }
}
