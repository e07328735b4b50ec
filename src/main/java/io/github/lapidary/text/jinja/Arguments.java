package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Truth;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The arguments of a call. */
record Arguments(List<Value> positional, Map<String, Value> named) {

    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /** Returns the arguments after the first ones. */
    Arguments after(int count) {
        return new Arguments(positional.subList(count, positional.size()), named);
    }

    /**
     * Puts the arguments in the order of parameters.
     *
     * @param required how many of the parameters must be given
     * @param parameters their names
     * @return one value a parameter, null where it was not given
     */
    Value[] bind(int required, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new JinjaException(
                    "%d arguments were given, but at most %d are taken."
                            .formatted(positional.size(), parameters.length));
        }
        Value[] values = Arrays.copyOf(positional.toArray(new Value[0]), parameters.length);
        for (Map.Entry<String, Value> argument : named.entrySet()) {
            int place = Arrays.asList(parameters).indexOf(argument.getKey());
            if (place < 0) {
                throw new JinjaException(
                        "the argument " + argument.getKey() + " is not known here.");
            }
            if (values[place] != null) {
                throw new JinjaException("the argument " + parameters[place] + " is given twice.");
            }
            values[place] = argument.getValue();
        }
        for (int i = 0; i < required; i++) {
            if (values[i] == null) {
                throw new JinjaException("the argument " + parameters[i] + " is missing.");
            }
        }
        return values;
    }

    /** Returns an argument that must be a text. */
    static Text text(Value argument) {
        if (argument instanceof Text text) {
            return text;
        }
        throw new JinjaException("an argument is " + argument.described() + "; expected a str.");
    }

    /** Returns an argument that must be a whole number, or what stands for one not given. */
    static long whole(Value argument, long otherwise) {
        if (argument == null) {
            return otherwise;
        }
        if (argument instanceof Whole whole) {
            return whole.number();
        }
        if (argument instanceof Truth truth) {
            return truth.truth() ? 1 : 0;
        }
        throw new JinjaException("an argument is " + argument.described() + "; expected an int.");
    }

    /** Returns whether an argument was given and counts as true. */
    static boolean truth(Value argument) {
        return argument != null && argument.truth();
    }
}
