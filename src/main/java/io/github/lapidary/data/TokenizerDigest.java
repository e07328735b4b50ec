package io.github.lapidary.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.lapidary.file.Sha256;
import io.github.lapidary.text.Tokenizer;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * What tells tokenizers apart: the spelling of every id, and which are special.
 *
 * <p>So the same vocabulary in another file, or in a file written anew, is the same.
 */
final class TokenizerDigest {

    private TokenizerDigest() {}

    /** Returns the digest of a tokenizer's vocabulary. */
    static byte[] of(Tokenizer tokenizer) {
        MessageDigest digest = Sha256.begin();
        ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + 1);
        for (int id = 0; id < tokenizer.size(); id++) {
            byte[] piece = piece(tokenizer, id).orElse("").getBytes(UTF_8);
            boolean special = piece.length > 0 && tokenizer.isSpecial(id);
            digest.update(head.clear().putInt(piece.length).put((byte) (special ? 1 : 0)).flip());
            digest.update(piece);
        }
        return digest.digest();
    }

    /** Returns the spelling of an id, or nothing if no token has it. */
    static Optional<String> piece(Tokenizer tokenizer, int id) {
        try {
            return Optional.of(tokenizer.piece(id));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a few ids below the size may be unused
        }
    }
}
