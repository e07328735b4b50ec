package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Token.Kind;
import java.util.List;

/** The tokens of a template, of which one is the current. */
final class TokenStream {

    private final List<Token> tokens;
    private int place;
    private int depth;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(place);
    }

    private Token following() {
        return tokens.get(Math.min(place + 1, tokens.size() - 1));
    }

    /** Returns the current token and moves to the next. */
    Token next() {
        Token current = current();
        if (current.kind() != Kind.END) {
            place++;
        }
        return current;
    }

    boolean at(Kind kind) {
        return current().kind() == kind;
    }

    boolean atOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean atName(String name) {
        return current().isName(name);
    }

    /** Returns whether the current token is a name and the next an operator. */
    boolean atNameBefore(String operator) {
        return at(Kind.NAME) && following().isOperator(operator);
    }

    boolean followedByName(String name) {
        return following().isName(name);
    }

    /** Moves on if the current token is an operator, and returns whether it is. */
    boolean skipOperator(String operator) {
        boolean found = atOperator(operator);
        if (found) {
            next();
        }
        return found;
    }

    /** Moves on if the current token is a name, and returns whether it is. */
    boolean skipName(String name) {
        boolean found = atName(name);
        if (found) {
            next();
        }
        return found;
    }

    Token expect(Kind kind) {
        if (!at(kind)) {
            throw unexpected(kind.toString());
        }
        return next();
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("\"" + operator + "\"");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("\"" + name + "\"");
        }
    }

    /** Returns an error about the current token. */
    JinjaException unexpected(String expected) {
        return error("found %s; expected %s.".formatted(current().described(), expected));
    }

    JinjaException error(String problem) {
        return new JinjaException(current().line(), problem);
    }

    void limitParameters(int count) {
        if (count > Limits.PARAMETERS) {
            throw error("there are more than " + Limits.PARAMETERS + " parameters or arguments.");
        }
    }

    /** Counts one step into what is nested; {@link #leave} must follow, unless parsing fails. */
    void enter() {
        if (++depth > Limits.NESTING) {
            throw error("this is nested more than " + Limits.NESTING + " deep.");
        }
    }

    void leave() {
        depth--;
    }
}
