package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Whole;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The functions that every template may call. */
final class Functions {

    private static final Map<String, Callable> FUNCTIONS =
            Map.of(
                    "raise_exception", Functions::raiseException,
                    "strftime_now", Functions::now,
                    "namespace", Functions::namespace,
                    "dict", Functions::mapping,
                    "range", Functions::range);

    /** What Jinja or its macros know besides. */
    private static final Set<String> UNKNOWN =
            Set.of("lipsum", "cycler", "joiner", "self", "super", "caller", "varargs", "kwargs");

    private static final Map<Character, String> DATES =
            Map.ofEntries(
                    Map.entry('Y', "yyyy"),
                    Map.entry('y', "yy"),
                    Map.entry('m', "MM"),
                    Map.entry('B', "MMMM"),
                    Map.entry('b', "MMM"),
                    Map.entry('d', "dd"),
                    Map.entry('e', "ppd"),
                    Map.entry('j', "DDD"),
                    Map.entry('A', "EEEE"),
                    Map.entry('a', "EEE"),
                    Map.entry('H', "HH"),
                    Map.entry('I', "hh"),
                    Map.entry('p', "a"),
                    Map.entry('M', "mm"),
                    Map.entry('S', "ss"),
                    Map.entry('f', "SSSSSS"));

    private Functions() {}

    /** Returns a function, or null if there is none of that name. */
    static Callable find(String name) {
        if (UNKNOWN.contains(name)) {
            throw new JinjaException(name + " is not known.");
        }
        return FUNCTIONS.get(name);
    }

    private static Value raiseException(Arguments arguments, Rendering rendering) {
        Value message = arguments.bind(1, "message")[0];
        throw JinjaException.refusal(Representation.text(message, rendering).characters());
    }

    private static Value namespace(Arguments arguments, Rendering rendering) {
        Namespace namespace = new Namespace();
        for (Mapping.Entry entry : mapping(arguments, rendering).entries()) {
            namespace.set(Arguments.text(entry.key()).characters(), entry.value());
        }
        return namespace;
    }

    private static Mapping mapping(Arguments arguments, Rendering rendering) {
        Mapping result = new Mapping();
        if (arguments.positional().size() > 1) {
            throw new JinjaException("at most one argument without a name is taken.");
        }
        for (Value argument : arguments.positional()) {
            if (!(argument instanceof Mapping mapping)) {
                throw new JinjaException("a mapping of " + argument.described() + " is not known.");
            }
            rendering.spend(mapping.size());
            mapping.entries().forEach(entry -> result.put(entry.key(), entry.value(), rendering));
        }
        arguments.named().forEach((name, value) -> result.put(Text.own(name), value, rendering));
        return result;
    }

    private static Value range(Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(1, "start", "stop", "step");
        boolean onlyStop = bound[1] == null;
        long start = onlyStop ? 0 : Arguments.whole(bound[0], 0);
        long stop = Arguments.whole(onlyStop ? bound[0] : bound[1], 0);
        long step = Arguments.whole(bound[2], 1);
        if (step == 0) {
            throw new JinjaException("the step of a range is 0.");
        }
        List<Value> numbers = new ArrayList<>();
        boolean overflows = false;
        for (long i = start; !overflows && (step > 0 ? i < stop : i > stop); i += step) {
            overflows = step > 0 ? i > Long.MAX_VALUE - step : i < Long.MIN_VALUE - step;
            if (numbers.size() == Limits.RANGE) {
                throw new JinjaException("a range has more than " + Limits.RANGE + " numbers.");
            }
            rendering.spend(1);
            numbers.add(new Whole(i));
        }
        return new Listing(Listing.Kind.RANGE, numbers);
    }

    /** Formats the time of day as C does; a minus sign after the percent sign spares a zero. */
    private static Value now(Arguments arguments, Rendering rendering) {
        Text format = Arguments.text(arguments.bind(1, "format")[0]);
        String characters = format.characters();
        LocalDateTime now = LocalDateTime.now(rendering.clock());
        TextBuilder result = new TextBuilder(rendering);
        for (int i = 0; i < characters.length(); i++) {
            if (characters.charAt(i) != '%') {
                result.append(format, i, i + 1);
                continue;
            }
            boolean bare = characters.startsWith("-", i + 1);
            i += bare ? 2 : 1;
            char directive = i < characters.length() ? characters.charAt(i) : ' ';
            if (directive == '%') {
                result.append("%");
                continue;
            }
            String pattern = DATES.get(directive);
            if (pattern == null || (bare && !"mdjHIMS".contains(String.valueOf(directive)))) {
                throw new JinjaException(
                        "the directive %" + (bare ? "-" : "") + directive + " is not known.");
            }
            String text = DateTimeFormatter.ofPattern(pattern, Locale.US).format(now);
            result.append(bare ? text.replaceFirst("^0+(?=.)", "") : text);
        }
        return result.text();
    }
}
