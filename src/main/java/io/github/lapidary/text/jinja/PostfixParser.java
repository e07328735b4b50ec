package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Access.ArgumentList;
import io.github.lapidary.text.jinja.Token.Kind;
import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Real;
import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads constants, names and brackets, and what follows them: dots, brackets, filters, tests. */
final class PostfixParser {

    private static final Set<Kind> ARGUMENT_BEGINS =
            Set.of(Kind.NAME, Kind.STRING, Kind.WHOLE, Kind.REAL);

    private final TokenStream tokens;
    private final ExpressionParser expressions;

    PostfixParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Reads what needs no operator. */
    Expression primary() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case NAME -> name(tokens.next());
            case STRING -> string();
            case WHOLE -> constant(tokens.next(), whole(token));
            case REAL -> constant(token, new Real(Double.parseDouble(tokens.next().text())));
            case OPERATOR -> bracketed(token);
            default -> throw tokens.unexpected("an expression");
        };
    }

    private static Expression constant(Token token, Value value) {
        return new Primary.Constant(token.line(), value);
    }

    private static Expression name(Token token) {
        return switch (token.text()) {
            case "true", "True" -> constant(token, Truth.TRUE);
            case "false", "False" -> constant(token, Truth.FALSE);
            case "none", "None" -> constant(token, Nothing.NONE);
            default -> new Primary.Name(token.line(), token.text());
        };
    }

    private static Value whole(Token token) {
        try {
            return new Whole(Long.parseLong(token.text()));
        } catch (NumberFormatException e) {
            throw new JinjaException(
                    token.line(), "64 bits cannot hold the number " + token.text() + ".");
        }
    }

    /** Reads a string; several after one another are one. */
    private Expression string() {
        Token first = tokens.current();
        StringBuilder text = new StringBuilder();
        while (tokens.at(Kind.STRING)) {
            text.append(tokens.next().text());
        }
        return constant(first, Text.own(text.toString()));
    }

    private Expression bracketed(Token open) {
        tokens.enter();
        Expression bracketed =
                switch (open.text()) {
                    case "(" -> parenthesised();
                    case "[" -> list();
                    case "{" -> mapping();
                    default -> throw tokens.unexpected("an expression");
                };
        tokens.leave();
        return bracketed;
    }

    private Expression parenthesised() {
        Token open = tokens.next();
        if (tokens.skipOperator(")")) {
            return new Primary.ListDisplay(open.line(), Listing.Kind.TUPLE, List.of());
        }
        Expression expression = expressions.tuple();
        tokens.expectOperator(")");
        return expression;
    }

    private Expression list() {
        Token open = tokens.next();
        List<Expression> elements = new ArrayList<>();
        while (!tokens.atOperator("]")) {
            elements.add(expressions.expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator("]");
        return new Primary.ListDisplay(open.line(), Listing.Kind.LIST, elements);
    }

    private Expression mapping() {
        Token open = tokens.next();
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.atOperator("}")) {
            keys.add(expressions.expression());
            tokens.expectOperator(":");
            values.add(expressions.expression());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator("}");
        return new Primary.MappingDisplay(open.line(), keys, values);
    }

    /** Reads dots, brackets and calls after a value. */
    Expression postfix(Expression value) {
        Expression expression = value;
        while (true) {
            if (tokens.atOperator(".")) {
                expression = attribute(expression);
            } else if (tokens.atOperator("[")) {
                expression = subscript(expression);
            } else if (tokens.atOperator("(")) {
                expression = call(expression);
            } else {
                return expression;
            }
        }
    }

    private Expression call(Expression called) {
        int line = tokens.current().line();
        return new Access.Call(line, called, arguments());
    }

    private Expression attribute(Expression object) {
        int line = tokens.next().line();
        if (tokens.at(Kind.WHOLE)) {
            Token number = tokens.next();
            return new Access.Item(line, object, constant(number, whole(number)));
        }
        return new Access.Attribute(line, object, tokens.expect(Kind.NAME).text());
    }

    private Expression subscript(Expression object) {
        int line = tokens.next().line();
        Expression from = tokens.atOperator(":") ? null : expressions.expression();
        Expression result;
        if (tokens.skipOperator(":")) {
            Expression to = sliceBound();
            Expression step = tokens.skipOperator(":") ? sliceBound() : null;
            result = new Access.Slice(line, object, from, to, step);
        } else {
            result = new Access.Item(line, object, from);
        }
        tokens.expectOperator("]");
        return result;
    }

    private Expression sliceBound() {
        return tokens.atOperator(":") || tokens.atOperator("]") ? null : expressions.expression();
    }

    /** Reads filters and tests after a value, and calls of their results. */
    Expression filters(Expression value) {
        Expression expression = value;
        while (true) {
            if (tokens.atOperator("|")) {
                expression = expressions.filtersOf(expression);
            } else if (tokens.atName("is")) {
                expression = test(expression);
            } else if (tokens.atOperator("(")) {
                expression = call(expression);
            } else {
                return expression;
            }
        }
    }

    private Expression test(Expression value) {
        int line = tokens.next().line();
        boolean negated = tokens.skipName("not");
        String name = tokens.expect(Kind.NAME).text();
        Expression test = new Access.Test(line, value, name, testArguments());
        return negated ? new Operation.Not(line, test) : test;
    }

    /** Reads the arguments of a test; a single one needs no parentheses. */
    private ArgumentList testArguments() {
        if (tokens.atOperator("(")) {
            return arguments();
        }
        boolean begins =
                ARGUMENT_BEGINS.contains(tokens.current().kind())
                        || tokens.atOperator("[")
                        || tokens.atOperator("{");
        if (!begins || tokens.atName("else") || tokens.atName("or") || tokens.atName("and")) {
            return ArgumentList.NONE;
        }
        if (tokens.atName("is")) {
            throw tokens.error("a test follows a test.");
        }
        return new ArgumentList(List.of(postfix(primary())), Map.of());
    }

    /** Reads the arguments of a call with their parentheses. */
    ArgumentList arguments() {
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.atOperator(")")) {
            if (tokens.atOperator("*") || tokens.atOperator("**")) {
                throw tokens.error("arguments from a list or mapping are not known.");
            }
            if (tokens.atNameBefore("=")) {
                String name = tokens.next().text();
                tokens.next();
                if (named.put(name, expressions.expression()) != null) {
                    throw tokens.error("the argument " + name + " is given twice.");
                }
            } else if (named.isEmpty()) {
                positional.add(expressions.expression());
            } else {
                throw tokens.error("an argument without a name follows one with a name.");
            }
            tokens.limitParameters(positional.size() + named.size());
            if (!tokens.skipOperator(",")) {
                break;
            }
        }
        tokens.expectOperator(")");
        return new ArgumentList(positional, named);
    }
}
