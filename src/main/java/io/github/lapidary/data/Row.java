package io.github.lapidary.data;

import java.util.List;

/**
 * What lies in one row of a batch.
 *
 * @param file the file with the tokens
 * @param pieces the pieces from left to right; the rest of the row is padding
 */
record Row(TokenFile file, List<Piece> pieces) {}
