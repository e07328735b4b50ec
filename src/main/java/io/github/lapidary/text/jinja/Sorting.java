package io.github.lapidary.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Sorting whose cost is counted, and which no odd order can confuse. */
final class Sorting {

    private Sorting() {}

    /** Sorts in place; what is equal keeps its order. */
    static <T> void sort(List<T> list, Comparator<T> order, Rendering rendering) {
        if (list.size() < 2) {
            return;
        }
        rendering.spend(list.size());
        int middle = list.size() / 2;
        List<T> left = new ArrayList<>(list.subList(0, middle));
        List<T> right = new ArrayList<>(list.subList(middle, list.size()));
        sort(left, order, rendering);
        sort(right, order, rendering);
        int l = 0;
        int r = 0;
        for (int i = 0; i < list.size(); i++) {
            boolean takeRight =
                    l == left.size()
                            || (r < right.size() && order.compare(right.get(r), left.get(l)) < 0);
            list.set(i, takeRight ? right.get(r++) : left.get(l++));
        }
    }
}
