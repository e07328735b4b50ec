package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Access.ArgumentList;
import io.github.lapidary.text.jinja.Arithmetic.Operator;
import io.github.lapidary.text.jinja.Operation.Relation;
import io.github.lapidary.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads expressions: first what binds least, last what binds most. */
final class ExpressionParser {

    private static final Map<String, Relation> RELATIONS =
            Map.of(
                    "==", Relation.EQUAL,
                    "!=", Relation.UNEQUAL,
                    "<", Relation.LESS,
                    "<=", Relation.LESS_OR_EQUAL,
                    ">", Relation.GREATER,
                    ">=", Relation.GREATER_OR_EQUAL);

    private static final Map<String, Operator> SUMS =
            Map.of("+", Operator.ADD, "-", Operator.SUBTRACT);

    private static final Map<String, Operator> PRODUCTS =
            Map.of(
                    "*", Operator.MULTIPLY,
                    "/", Operator.DIVIDE,
                    "//", Operator.FLOOR_DIVIDE,
                    "%", Operator.MODULO);

    private static final Map<String, Operator> POWERS = Map.of("**", Operator.POWER);

    private final TokenStream tokens;
    private final PostfixParser postfix;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        postfix = new PostfixParser(tokens, this);
    }

    /** Reads one expression. */
    Expression expression() {
        tokens.enter();
        Expression expression = conditional();
        tokens.leave();
        return expression;
    }

    /** Reads one expression, or with commas a tuple, that ends before a tag's end. */
    Expression tuple() {
        return tuple(true);
    }

    /** Reads as {@link #tuple()} does, but leaves an {@code if} to what comes after. */
    Expression tupleWithoutCondition() {
        return tuple(false);
    }

    private Expression tuple(boolean withCondition) {
        int line = tokens.current().line();
        Expression first = withCondition ? expression() : or();
        if (!tokens.atOperator(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !atTupleEnd()) {
            elements.add(withCondition ? expression() : or());
        }
        return new Primary.ListDisplay(line, Listing.Kind.TUPLE, elements);
    }

    private boolean atTupleEnd() {
        return tokens.at(Kind.PRINT_END) || tokens.at(Kind.TAG_END) || tokens.atOperator(")");
    }

    private Expression conditional() {
        int line = tokens.current().line();
        Expression expression = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Expression otherwise = tokens.skipName("else") ? expression() : null;
            expression = new Operation.Conditional(line, condition, expression, otherwise);
        }
        return expression;
    }

    private Expression or() {
        Expression left = and();
        while (tokens.atName("or")) {
            int line = tokens.next().line();
            left = new Operation.Logic(line, false, left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.atName("and")) {
            int line = tokens.next().line();
            left = new Operation.Logic(line, true, left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.atName("not")) {
            return comparison();
        }
        tokens.enter();
        Expression not = new Operation.Not(tokens.next().line(), not());
        tokens.leave();
        return not;
    }

    private Expression comparison() {
        int line = tokens.current().line();
        Expression first = sum();
        List<Relation> relations = new ArrayList<>();
        List<Expression> operands = new ArrayList<>(List.of(first));
        for (Relation relation = relation(); relation != null; relation = relation()) {
            relations.add(relation);
            operands.add(sum());
        }
        return relations.isEmpty() ? first : new Operation.Compare(line, relations, operands);
    }

    /** Reads how values are compared, or returns null. */
    private Relation relation() {
        Token token = tokens.current();
        if (token.kind() == Kind.OPERATOR && RELATIONS.containsKey(token.text())) {
            tokens.next();
            return RELATIONS.get(token.text());
        }
        if (tokens.skipName("in")) {
            return Relation.IN;
        }
        if (tokens.atName("not") && tokens.followedByName("in")) {
            tokens.next();
            tokens.next();
            return Relation.NOT_IN;
        }
        return null;
    }

    /** Reads what stands between operators of equal rank. */
    private interface Operand {
        Expression read();
    }

    private Expression chain(Map<String, Operator> operators, Operand operand) {
        Expression left = operand.read();
        while (tokens.at(Kind.OPERATOR) && operators.containsKey(tokens.current().text())) {
            Token operator = tokens.next();
            left =
                    new Operation.Binary(
                            operator.line(), operators.get(operator.text()), left, operand.read());
        }
        return left;
    }

    private Expression sum() {
        return chain(SUMS, this::concatenation);
    }

    private Expression concatenation() {
        int line = tokens.current().line();
        Expression first = product();
        if (!tokens.atOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Operation.Concatenation(line, parts);
    }

    private Expression product() {
        return chain(PRODUCTS, this::power);
    }

    private Expression power() {
        return chain(POWERS, () -> signed(true));
    }

    /** Reads a value with its sign; filters apply to the sign too. */
    private Expression signed(boolean withFilters) {
        Expression expression;
        if (tokens.atOperator("-") || tokens.atOperator("+")) {
            tokens.enter();
            Token sign = tokens.next();
            expression = new Operation.Sign(sign.line(), sign.isOperator("-"), signed(false));
            tokens.leave();
        } else {
            expression = postfix.primary();
        }
        expression = postfix.postfix(expression);
        return withFilters ? postfix.filters(expression) : expression;
    }

    /** Reads {@code |name(arguments)}, more than once if there are more. */
    Expression filtersOf(Expression value) {
        Expression filtered = value;
        while (tokens.atOperator("|")) {
            tokens.next();
            filtered = filterOf(filtered);
        }
        return filtered;
    }

    /** Reads the name and arguments of a filter. */
    Expression filterOf(Expression value) {
        Token name = tokens.expect(Kind.NAME);
        ArgumentList arguments = tokens.atOperator("(") ? postfix.arguments() : ArgumentList.NONE;
        return new Access.Filter(name.line(), value, name.text(), arguments);
    }
}
