package io.github.lapidary.data;

/**
 * Neighbouring tokens of one document that lie in one row.
 *
 * @param document the document's place in its file
 * @param start the first token, counted from the document's own
 * @param length the number of tokens, each of which has a successor in the document
 */
record Piece(int document, long start, int length) {}
