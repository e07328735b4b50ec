package io.github.lapidary.inspection;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The name of a tensor in whatever layer: {@code #} stands for its number, {@code *} for that of an
 * expert.
 *
 * @param text such as {@code blk.#.ffn_up.weight}
 */
public record TensorNamePattern(String text) {

    /** The first number between dots is the layer's. */
    private static final Pattern LAYER = Pattern.compile("(?<=\\.)\\d{1,6}(?=\\.)");

    private static final Pattern EXPERT = Pattern.compile("(?<=\\.experts\\.)\\d{1,6}(?=\\.)");

    /** Returns the pattern of a tensor's name. */
    public static TensorNamePattern of(String name) {
        String anyLayer = LAYER.matcher(name).replaceFirst("#");
        return new TensorNamePattern(EXPERT.matcher(anyLayer).replaceFirst("*"));
    }

    /** Returns whether the tensor belongs to a layer. */
    boolean isOfLayer() {
        return text.contains(".#.");
    }

    /** Groups things by the patterns of their names, in the order in which they first appear. */
    static <T> Map<TensorNamePattern, List<T>> group(
            Collection<T> things, Function<T, String> name) {
        return things.stream()
                .collect(
                        Collectors.groupingBy(
                                thing -> of(name.apply(thing)),
                                LinkedHashMap::new,
                                Collectors.toList()));
    }

    /** Returns where tensors with this pattern are, such as {@code x.#.y, layers 0-3 and 5}. */
    String place(Collection<String> names) {
        if (names.size() == 1) {
            return names.iterator().next();
        }
        TreeSet<Integer> layers = new TreeSet<>();
        for (String name : names) {
            Matcher matcher = LAYER.matcher(name);
            if (matcher.find()) {
                layers.add(Integer.parseInt(matcher.group()));
            }
        }
        return layers.isEmpty() ? text : text + ", layers " + ranges(layers);
    }

    private static String ranges(TreeSet<Integer> numbers) {
        List<String> ranges = new ArrayList<>();
        for (Integer first = numbers.first(); first != null; ) {
            int last = first;
            while (numbers.contains(last + 1)) {
                last++;
            }
            ranges.add(first == last ? "" + first : first + "-" + last);
            first = numbers.higher(last);
        }
        return String.join(", ", ranges);
    }
}
