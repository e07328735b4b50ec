package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Undefined;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The variable {@code loop}; it walks ahead only as far as it is asked, as conditions may change.
 */
final class Loop implements Value {

    private final Iterator<Value> rest;
    private final Predicate<Value> condition;

    /** What was looked at beyond the current element, to know the length. */
    private final Deque<Value> ahead = new ArrayDeque<>();

    /** The length, or a negative number while it is not known. */
    private int length;

    private int index = -1;
    private Value before;
    private Value current;
    private List<Value> lastChanged;

    /** Creates a loop over all elements. */
    Loop(List<Value> elements) {
        this(elements, element -> true, elements.size());
    }

    /** Creates a loop over those elements of which a condition holds when their turn comes. */
    Loop(List<Value> elements, Predicate<Value> condition) {
        this(elements, condition, -1);
    }

    private Loop(List<Value> elements, Predicate<Value> condition, int length) {
        rest = elements.iterator();
        this.condition = condition;
        this.length = length;
    }

    /** Returns the next element, or null at the end. */
    Value next() {
        Value next = peek();
        if (next != null) {
            ahead.remove();
            index++;
            before = current;
            current = next;
        }
        return next;
    }

    private Value peek() {
        if (ahead.isEmpty()) {
            look();
        }
        return ahead.peek();
    }

    /** Looks at one element more, and returns whether there is one. */
    private boolean look() {
        while (rest.hasNext()) {
            Value element = rest.next();
            if (condition.test(element)) {
                return ahead.add(element);
            }
        }
        return false;
    }

    private int length() {
        if (length < 0) {
            boolean more = true;
            while (more) {
                more = look();
            }
            length = index + 1 + ahead.size();
        }
        return length;
    }

    /** Returns what stands after the dot, or null. */
    Value attribute(String name) {
        return switch (name) {
            case "index" -> new Whole(index + 1L);
            case "index0" -> new Whole(index);
            case "revindex" -> new Whole(length() - index);
            case "revindex0" -> new Whole(length() - index - 1L);
            case "first" -> Truth.of(index == 0);
            case "last" -> Truth.of(peek() == null);
            case "length" -> new Whole(length());
            case "previtem" -> before == null ? new Undefined("there is no previous item") : before;
            case "nextitem" -> {
                Value next = peek();
                yield next == null ? new Undefined("there is no next item") : next;
            }
            case "depth" -> new Whole(1);
            case "depth0" -> new Whole(0);
            case "cycle" -> (Callable) this::cycle;
            case "changed" -> (Callable) this::changed;
            default -> null;
        };
    }

    private Value cycle(Arguments arguments, Rendering rendering) {
        if (arguments.positional().isEmpty()) {
            throw new JinjaException("loop.cycle has no arguments.");
        }
        return arguments.positional().get(index % arguments.positional().size());
    }

    private Value changed(Arguments arguments, Rendering rendering) {
        boolean same =
                lastChanged != null
                        && Comparison.equal(
                                Listing.list(lastChanged),
                                Listing.list(arguments.positional()),
                                rendering);
        lastChanged = arguments.positional();
        return Truth.of(!same);
    }

    @Override
    public boolean truth() {
        return length() != 0;
    }

    @Override
    public String type() {
        return "loop";
    }
}
