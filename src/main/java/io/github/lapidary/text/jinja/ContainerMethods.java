package io.github.lapidary.text.jinja;

import io.github.lapidary.text.jinja.Value.Nothing;
import io.github.lapidary.text.jinja.Value.Whole;
import java.util.Set;

/** The methods of mappings and lists; those that would change them are refused. */
final class ContainerMethods {

    private static final Set<String> CHANGING_MAPPINGS =
            Set.of("clear", "pop", "popitem", "setdefault", "update");

    private static final Set<String> CHANGING_LISTS =
            Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

    private ContainerMethods() {}

    /** Returns a method of a mapping, or null if Python has none of that name. */
    static Callable find(Mapping mapping, String name) {
        return switch (name) {
            case "get" -> (arguments, rendering) -> get(mapping, arguments, rendering);
            case "items" -> view(mapping, mapping::items);
            case "keys" -> view(mapping, mapping::keys);
            case "values" -> view(mapping, mapping::values);
            case "copy" -> view(mapping, () -> mapping);
            case "fromkeys" -> throw unknown(name, mapping);
            default -> {
                refuse(CHANGING_MAPPINGS, name, mapping);
                yield null;
            }
        };
    }

    /** Returns a method of a list, or null if Python has none of that name. */
    static Callable find(Listing listing, String name) {
        if (!listing.isIndexed()) {
            return null;
        }
        boolean isList = listing.kind() == Listing.Kind.LIST;
        return switch (name) {
            case "index" -> (arguments, rendering) -> index(listing, arguments, rendering);
            case "count" -> (arguments, rendering) -> count(listing, arguments, rendering);
            case "copy" -> isList ? (arguments, rendering) -> listing : null;
            case "start", "stop", "step" -> {
                if (listing.kind() == Listing.Kind.RANGE) {
                    throw unknown(name, listing);
                }
                yield null;
            }
            default -> {
                if (isList) {
                    refuse(CHANGING_LISTS, name, listing);
                }
                yield null;
            }
        };
    }

    /** Makes a list of what is in a mapping. */
    private interface Part {
        Value take();
    }

    private static Callable view(Mapping mapping, Part part) {
        return (arguments, rendering) -> {
            arguments.bind(0);
            rendering.spend(mapping.size());
            return part.take();
        };
    }

    private static void refuse(Set<String> changing, String name, Value value) {
        if (changing.contains(name)) {
            throw new JinjaException(
                    "the method %s of %s would change it, which templates may not."
                            .formatted(name, value.described()));
        }
    }

    private static JinjaException unknown(String name, Value value) {
        return new JinjaException("%s of %s is not known.".formatted(name, value.described()));
    }

    private static Value get(Mapping mapping, Arguments arguments, Rendering rendering) {
        Value[] bound = arguments.bind(1, "key", "default");
        Value value = mapping.get(bound[0], rendering);
        if (value != null) {
            return value;
        }
        return bound[1] == null ? Nothing.NONE : bound[1];
    }

    private static Value index(Listing listing, Arguments arguments, Rendering rendering) {
        Value sought = arguments.bind(1, "value")[0];
        for (int i = 0; i < listing.values().size(); i++) {
            if (Comparison.equal(listing.values().get(i), sought, rendering)) {
                return new Whole(i);
            }
        }
        throw new JinjaException("index finds nothing: the value is not in the list.");
    }

    private static Value count(Listing listing, Arguments arguments, Rendering rendering) {
        Value sought = arguments.bind(1, "value")[0];
        return new Whole(
                listing.values().stream()
                        .filter(value -> Comparison.equal(value, sought, rendering))
                        .count());
    }
}
