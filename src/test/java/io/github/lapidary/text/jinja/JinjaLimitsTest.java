package io.github.lapidary.text.jinja;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What templates may not ask for. */
class JinjaLimitsTest {

    private static final String STEPS = "rendering takes more than 5000000 steps.";
    private static final String NESTED = "this is nested more than 100 deep.";
    private static final String TOO_LONG = "a text has more than 8388608 characters.";

    private static String failure(String template) {
        Map<String, JsonElement> variables =
                Map.of("long", new JsonPrimitive("ab".repeat(1 << 19)), "n", new JsonPrimitive(9));
        return assertTimeout(
                Duration.ofSeconds(20),
                () ->
                        assertThrows(
                                        JinjaException.class,
                                        () -> JinjaTemplateTest.render(template, variables))
                                .getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% for a in range(9999) %}{% for b in range(9999) if false %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long.split('a') %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long.replace('a', 'b') %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long | trim %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long ~ 'a' %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long[::-1] %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = long == long ~ '' %}{% endfor %}",
                "{% set s = long ~ 'c' %}{% for a in range(9) %}{% set x = s in long %}{% endfor %}",
                "{% set x = long ~ long %}{% set y = x ~ x %}{{ long in y ~ y }}{{ x in y ~ 'c' }}",
                "{% set x = [0] * 99999999 %}",
                "{% for a in range(99999) %}{% set x = {}[long] %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = {}.get(long) %}{% endfor %}",
                "{% set x = long.rsplit('a', 9999999) %}{% set x = long.rsplit('a', 9999999) %}"
                        + "{% for a in range(99999) %}{% set x = long.rsplit('a', 9999999) %}{% endfor %}",
                "{% for a in range(99999) %}{% set x = ('1' * 999) | int %}{% endfor %}",
                "{% for c in long ~ long %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l | sort %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = a in l %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l + l %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l[1:] %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l | string %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l | tojson %}{% endfor %}",
                "{% set l = range(99999) | list %}{% for a in l %}{% set x = l | map('abs') %}{% endfor %}",
                "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}",
            })
    void workIsLimited(String template) {
        assertEquals(STEPS, failure(template));
    }

    /** Numbers of hundreds of digits take no longer to write than others. */
    @Test
    void writingNumbersIsLimited() {
        assertEquals(
                STEPS,
                failure(
                        "{% for a in range(9999) %}{% for b in range(9999) %}{% set x = 4.9e-324 ~ '' %}"
                                + "{% endfor %}{% endfor %}"));
    }

    @Test
    void namesAreLimited() {
        assertEquals(
                "a name has more than 1000 characters.",
                assertThrows(
                                JinjaException.class,
                                () -> JinjaTemplate.parse("{{ " + "a".repeat(1001) + " }}"))
                        .getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(99) %}{{ long }}{% endfor %}",
                "{{ 'a' * 9999999999 }}",
                "{{ long * 9 }}",
                "{% set ns = namespace(x='ab') %}{% for a in range(99) %}"
                        + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{{ long | replace('a', 'aaaaaaaaaaaaaaaaaaaa') }}",
                "{{ [long] | tojson(indent=99999999) }}",
                "{{ 'a' | indent(99999999, true) }}",
                "{{ [long, long] | join(long * 7) }}",
            })
    void textIsLimited(String template) {
        assertEquals(TOO_LONG, failure(template));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            textBlock =
                    """
                    {{ range(100001) }} => a range has more than 100000 numbers.
                    {{ range(1, 9223372036854775807, 9) }} => a range has more than 100000 numbers.
                    {{ 9223372036854775807 + 1 }} => the operator + fails: long overflow.
                    {{ 9223372036854775807 * 9 }} => the operator * fails: long overflow.
                    {{ 10 ** 19 }} => the operator ** fails: long overflow.
                    {{ (0 - 9223372036854775807 - 1) // -1 }} => the operator // fails: long overflow.
                    {{ 9223372036854775808 }} => 64 bits cannot hold the number 9223372036854775808.
                    {{ 1e300 | int }} => 64 bits cannot hold 1.0E300.
                    {% macro f() %}{{ f() }}{% endmacro %}{{ f() }} => this is nested more than 400 deep, macros counted.
                    """)
    void numbersAndDepthAreLimited(String template, String message) {
        assertEquals(message, failure(template));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = "…",
            textBlock =
                    """
                    (…)
                    […]
                    {1: …}
                    n[…]
                    n(…)
                    n | d(…)
                    1 if 2 else …
                    not …
                    -…
                    """)
    void nestingOfExpressionsIsLimited(String opening, String closing) {
        String end = closing == null ? "" : closing.repeat(20_000);
        assertEquals(NESTED, failure("{{ " + (opening + " ").repeat(20_000) + "n" + end + " }}"));
    }

    @Test
    void parametersAreLimited() {
        String many = "there are more than 100 parameters or arguments.";
        String names = IntStream.range(0, 101).mapToObj(i -> "a" + i).collect(joining(","));
        assertEquals(many, failure("{% macro f(" + names + ") %}{% endmacro %}"));
        assertEquals(many, failure("{{ f(" + "1,".repeat(101) + ") }}"));
        assertEquals(many, failure("{{ f(" + names.replace(",", "=1,") + "=1) }}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% if n %}",
                "{% for x in n %}{% if x %}",
                "{% set x %}",
                "{% macro f() %}",
            })
    void nestingOfTagsIsLimited(String opening) {
        assertEquals(NESTED, failure(opening.repeat(20_000)));
    }

    @ParameterizedTest
    @ValueSource(strings = {" + 1", " ~ 1", " | d", ".a", " is number", " and n", "[0]", " < 10"})
    void chainsOfOperatorsAreLimited(String link) {
        String template = "{{ n" + link.repeat(20_000) + " }}";
        assertTrue(template.length() < Limits.TEMPLATE);
        runInSmallStack(template);
    }

    @Test
    void valuesNestedByATemplateAreLimited() {
        String nest =
                "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}"
                        + "{% set ns.x = [ns.x] %}{% endfor %}";
        assertEquals("a printed value is nested too deeply.", failure(nest + "{{ ns.x }}"));
        assertEquals(
                "a value is nested too deeply for tojson.", failure(nest + "{{ ns.x|tojson }}"));
        assertEquals(
                "a compared value is nested too deeply.",
                failure(
                        nest
                                + "{% set y = [[]] %}{% set ns2 = namespace(x=[]) %}"
                                + "{% for i in range(9999) %}{% set ns2.x = [ns2.x] %}{% endfor %}"
                                + "{{ ns.x == ns2.x }}"));
    }

    @Test
    void sizeOfTheTemplateIsLimited() {
        assertEquals(
                "the template has 524289 characters; at most 524288 are read.",
                failure(" ".repeat(Limits.TEMPLATE + 1)));
        assertEquals(
                Limits.TEMPLATE,
                JinjaTemplateTest.render(" ".repeat(Limits.TEMPLATE), Map.of()).length());
    }

    /** The greatest depth that is allowed fits a stack of 512 KB, half of what threads have. */
    @Test
    void depthFitsTheStack() {
        runInSmallStack("{{ " + "(".repeat(90) + "n" + ")".repeat(90) + " }}");
        runInSmallStack(
                "{% macro f(n) %}{% if true %}{% for i in [n] %}{{ [((f(n + 1)))] | first }}"
                        + "{% endfor %}{% endif %}{% endmacro %}{{ f(0) }}");
        runInSmallStack("{% if n %}".repeat(90) + "{% endif %}".repeat(90));
    }

    private static void runInSmallStack(String template) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable render =
                () -> {
                    try {
                        JinjaTemplateTest.render(template, Map.of("n", new JsonPrimitive(9)));
                    } catch (JinjaException e) {
                        assertTrue(e.getMessage().length() < 200, e.getMessage());
                    }
                };
        Thread thread = new Thread(null, render, "small stack", 512 << 10);
        thread.setUncaughtExceptionHandler((t, e) -> failure.set(e));
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertEquals(null, failure.get());
    }
}
