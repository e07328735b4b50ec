package io.github.lapidary.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonParser;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Jinja or Python would do but this interpreter does not: an error, never another text. */
class JinjaUnknownTest {

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            textBlock =
                    """
                    {% include 'x' %} => the tag include is not known here.
                    {% extends 'x' %} => the tag extends is not known here.
                    {% block x %}{% endblock %} => the tag block is not known here.
                    {% import 'x' as y %} => the tag import is not known here.
                    {% call f() %}{% endcall %} => the tag call is not known here.
                    {% autoescape true %}{% endautoescape %} => the tag autoescape is not known here.
                    {% do x %} => the tag do is not known here.
                    {% for x in y recursive %}{% endfor %} => recursive loops are not known.
                    {{ f(*x) }} => arguments from a list or mapping are not known.
                    {{ f(**x) }} => arguments from a list or mapping are not known.
                    {{ cycler(1) }} => cycler is not known.
                    {{ joiner() }} => joiner is not known.
                    {{ lipsum() }} => lipsum is not known.
                    {{ self.x() }} => self is not known.
                    {% macro f() %}{{ varargs }}{% endmacro %}{{ f() }} => varargs is not known.
                    {% macro f() %}{{ kwargs }}{% endmacro %}{{ f() }} => kwargs is not known.
                    {% macro f() %}{{ caller() }}{% endmacro %}{{ f() }} => caller is not known.
                    {{ 'x' | truncate(2) }} => the filter truncate is not known.
                    {{ 'x' | nope }} => the filter nope is not known.
                    {{ ['x'] | map('nope') | list }} => the filter nope is not known.
                    {{ 'x' is escaped }} => the test escaped is not known.
                    {{ 'x' is sameas 'x' }} => the test sameas is known only for true, false and none.
                    {{ ('x' | safe) + 'y' }} => the operator + is not known between a Markup and a str.
                    {{ 'x' | safe | upper }} => a filter after the filter safe is not known.
                    {{ ('x' | safe)[0] }} => parts of a text after the filter safe are not known.
                    {{ '%s' % 1 }} => the operator % is not known between a str and an int.
                    {{ 'x'.zfill(3) }} => the method zfill of a str is not known.
                    {{ 'x'.format(3) }} => the method format of a str is not known.
                    {{ 'x'.__class__ }} => the attribute __class__ is not known: it is Python's.
                    {{ [].__class__ }} => the attribute __class__ is not known: it is Python's.
                    {{ x.__class__ }} => x is undefined, but something of it is asked for.
                    {{ {}['__class__'] }} => the attribute __class__ is not known: it is Python's.
                    {{ (1).real }} => the attribute real of an int is not known.
                    {{ [1].append(2) }} => the method append of a list would change it, which templates may not.
                    {{ {}.update({}) }} => the method update of a dict would change it, which templates may not.
                    {{ range.x }} => the attribute x of a function is not known.
                    {{ range }} => a function cannot be printed.
                    {{ [1] | map('abs') }} => a generator cannot be printed.
                    {{ {}.items() }} => a dict view cannot be printed.
                    {{ namespace(_x=1) }} => the variable _x of a namespace begins with an underscore.
                    {{ strftime_now('%Q') }} => the directive %Q is not known.
                    {{ strftime_now('%-p') }} => the directive %-p is not known.
                    {{ {(1, 2): 3} }} => a tuple as a key is not known.
                    {{ '1_0' | int }} => 1_0 is not known as a number.
                    {{ 'inf' | float }} => inf is not known as a number.
                    {{ '\\N{DASH}' }} => the escape \\N in a string is not known.
                    {{ '²'.isdigit() }} => isdigit of U+00B2 is not known.
                    """)
    void constructIsNamedWithItsLine(String template, String message) {
        JinjaException unknown =
                assertThrows(
                        JinjaException.class,
                        () -> JinjaTemplateTest.render("a\n\n" + template, Map.of()));

        assertEquals(message, unknown.getMessage());
        assertEquals(3, unknown.line());
        assertFalse(unknown.isRefusal());
    }

    @Test
    void filterOnAWayNotTakenDoesNoHarm() {
        assertEquals(
                "b",
                JinjaTemplateTest.render(
                        "{% if false %}{{ 1 | nope }}{% else %}b{% endif %}", Map.of()));
    }

    @Test
    void lineOfTheInnermostPartIsTold() {
        String template =
                "{% macro f(x) %}\n\n{{ x\n + 1 }}{% endmacro %}\n\n{% if true %}\n{{ f('a')\n}}{% endif %}";
        JinjaException failure =
                assertThrows(
                        JinjaException.class, () -> JinjaTemplateTest.render(template, Map.of()));
        assertEquals(4, failure.line());
    }

    @Test
    void numberThatDoesNotFitIsRefused() {
        assertEquals(
                "a variable holds 18446744073709551615, which 64 bits cannot.",
                assertThrows(
                                JinjaException.class,
                                () ->
                                        JinjaTemplateTest.render(
                                                "",
                                                JsonParser.parseString(
                                                                "{'x': [18446744073709551615]}")
                                                        .getAsJsonObject()
                                                        .asMap()))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    %Y-%m-%d %H:%M:%S | 2024-03-05 07:08:09
                    %d %b %Y, %A %a %B | 05 Mar 2024, Tuesday Tue March
                    %-d.%-m.%y %e %j %-j | 5.3.24  5 065 65
                    %I:%M %p %f 100%% | 07:08 AM 012345 100%
                    """)
    void timeIsFormattedAsInC(String format, String expected) {
        assertEquals(
                expected,
                JinjaTemplateTest.render("{{ strftime_now('" + format + "') }}", Map.of()));
    }
}
