package io.github.lapidary.generation;

import java.util.Optional;

/**
 * A token that was generated.
 *
 * @param id its id
 * @param text the text that became certain with it: empty while a character is unfinished or a stop
 *     string possible, and then more than the token's own
 * @param logProbabilities how likely the model held it, if the options ask
 */
public record GeneratedToken(int id, String text, Optional<LogProbabilities> logProbabilities) {}
