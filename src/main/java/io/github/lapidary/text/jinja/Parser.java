package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Statement.Flow;
import io.github.lapidary.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a whole template: text, tags, and the expressions in them. */
final class Parser {

    private final TokenStream tokens;
    private final ExpressionParser expressions;

    /** How many loops are open that a {@code break} may leave. */
    private int loops;

    private Parser(List<Token> tokens) {
        this.tokens = new TokenStream(tokens);
        expressions = new ExpressionParser(this.tokens);
    }

    static List<Statement> parse(String template) {
        if (template.length() > Limits.TEMPLATE) {
            throw new JinjaException(
                    "the template has %d characters; at most %d are read."
                            .formatted(template.length(), Limits.TEMPLATE));
        }
        Parser parser = new Parser(Lexer.tokens(template));
        List<Statement> statements = parser.statements();
        if (!parser.tokens.at(Kind.END)) {
            throw parser.tokens.error(
                    "the tag " + parser.tokens.current().described() + " closes nothing.");
        }
        return statements;
    }

    /** Reads statements up to the end, or a tag that ends or divides what is around them. */
    private List<Statement> statements(String... ends) {
        tokens.enter();
        List<Statement> statements = new ArrayList<>();
        while (!tokens.at(Kind.END)) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA ->
                        statements.add(new Statement.Data(token.line(), Text.own(token.text())));
                case PRINT_BEGIN -> {
                    statements.add(new Statement.Print(token.line(), expressions.tuple()));
                    tokens.expect(Kind.PRINT_END);
                }
                default -> {
                    if (atAny(ends)) {
                        tokens.leave();
                        return statements;
                    }
                    statements.add(statement());
                    tokens.expect(Kind.TAG_END);
                }
            }
        }
        if (ends.length > 0) {
            throw tokens.unexpected("{% " + ends[ends.length - 1] + " %}");
        }
        tokens.leave();
        return statements;
    }

    private boolean atAny(String... names) {
        for (String name : names) {
            if (tokens.atName(name)) {
                return true;
            }
        }
        return false;
    }

    private Statement statement() {
        Token tag = tokens.expect(Kind.NAME);
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> condition(line);
            case "for" -> loop(line);
            case "set" -> assignment(line);
            case "macro" -> macro(line);
            case "with" -> with(line);
            case "filter" -> filter(line);
            case "generation" ->
                    new Statement.Capture(line, null, captured(line), captureBody("endgeneration"));
            case "break" -> jump(line, Flow.BREAK);
            case "continue" -> jump(line, Flow.CONTINUE);
            default ->
                    throw new JinjaException(line, "the tag " + tag.text() + " is not known here.");
        };
    }

    /** Reads the body of a tag, whose end is read too. */
    private List<Statement> body(String... ends) {
        tokens.skipOperator(":");
        tokens.expect(Kind.TAG_END);
        return statements(ends);
    }

    /** Reads the last body of a tag with the name that ends it. */
    private List<Statement> lastBody(String end) {
        List<Statement> body = body(end);
        tokens.expectName(end);
        return body;
    }

    private Statement condition(int line) {
        List<Expression> conditions = new ArrayList<>();
        List<List<Statement>> bodies = new ArrayList<>();
        do {
            conditions.add(expressions.tupleWithoutCondition());
            bodies.add(body("elif", "else", "endif"));
        } while (tokens.skipName("elif"));
        if (tokens.skipName("else")) {
            conditions.add(null);
            bodies.add(body("endif"));
        }
        tokens.expectName("endif");
        return new Statement.If(line, conditions, bodies);
    }

    private Statement loop(int line) {
        Target target = target(false);
        tokens.expectName("in");
        Expression iterated = expressions.tupleWithoutCondition();
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        if (tokens.atName("recursive")) {
            throw tokens.error("recursive loops are not known.");
        }
        loops++;
        List<Statement> body = body("else", "endfor");
        loops--;
        List<Statement> otherwise = tokens.skipName("else") ? body("endfor") : List.of();
        tokens.expectName("endfor");
        return new Statement.For(line, target, iterated, condition, body, otherwise);
    }

    private Statement jump(int line, Flow flow) {
        if (loops == 0) {
            throw new JinjaException(line, "break or continue stands in no loop.");
        }
        return new Statement.Jump(line, flow);
    }

    /** Reads what is assigned to: names and commas, and with members of namespaces too. */
    private Target target(boolean withMembers) {
        tokens.enter();
        List<Target> targets = new ArrayList<>();
        boolean several = false;
        while (targets.isEmpty() || tokens.at(Kind.NAME) || tokens.atOperator("(")) {
            if (tokens.atName("in")) {
                break;
            }
            targets.add(singleTarget(withMembers));
            if (!tokens.skipOperator(",")) {
                break;
            }
            several = true;
        }
        tokens.leave();
        return several ? new Target.Several(targets) : targets.get(0);
    }

    private Target singleTarget(boolean withMembers) {
        if (tokens.skipOperator("(")) {
            Target target = target(withMembers);
            tokens.expectOperator(")");
            return target;
        }
        String name = variable();
        return withMembers && tokens.skipOperator(".")
                ? new Target.Member(name, tokens.expect(Kind.NAME).text())
                : new Target.Name(name);
    }

    private String variable() {
        Token name = tokens.expect(Kind.NAME);
        return switch (name.text()) {
            case "true", "false", "none", "True", "False", "None", "loop" ->
                    throw new JinjaException(
                            name.line(), name.text() + " cannot be the name of a variable.");
            default -> name.text();
        };
    }

    private Statement assignment(int line) {
        Target target = target(true);
        if (tokens.skipOperator("=")) {
            return new Statement.Set(line, target, expressions.tuple());
        }
        Expression filter = expressions.filtersOf(captured(line));
        return new Statement.Capture(line, target, filter, captureBody("endset"));
    }

    private static Expression captured(int line) {
        return new Primary.Name(line, Statement.Capture.BODY);
    }

    private Statement filter(int line) {
        Expression filter = expressions.filtersOf(expressions.filterOf(captured(line)));
        return new Statement.Capture(line, null, filter, captureBody("endfilter"));
    }

    /** Reads a body that no {@code break} can leave. */
    private List<Statement> captureBody(String end) {
        int outerLoops = loops;
        loops = 0;
        List<Statement> body = lastBody(end);
        loops = outerLoops;
        return body;
    }

    private Statement with(int line) {
        Map<Target, Expression> variables = new LinkedHashMap<>();
        while (!tokens.at(Kind.TAG_END)) {
            if (!variables.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = new Target.Name(variable());
            tokens.expectOperator("=");
            variables.put(target, expressions.expression());
        }
        return new Statement.With(line, variables, lastBody("endwith"));
    }

    private Statement macro(int line) {
        String name = variable();
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        tokens.expectOperator("(");
        while (!tokens.atOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            parameters.add(variable());
            tokens.limitParameters(parameters.size());
            defaults.add(tokens.skipOperator("=") ? expressions.expression() : null);
        }
        tokens.expectOperator(")");
        return new Statement.Macro(line, name, parameters, defaults, captureBody("endmacro"));
    }
}
