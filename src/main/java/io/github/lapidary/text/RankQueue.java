package io.github.lapidary.text;

import java.util.Arrays;

/** A queue of numbers that gives out the smallest first: a binary heap. */
final class RankQueue {

    private long[] heap = new long[32];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(long value) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, Math.multiplyExact(size, 2));
        }
        int place = size++;
        while (place > 0) {
            int parent = (place - 1) >>> 1;
            if (heap[parent] <= value) {
                break;
            }
            heap[place] = heap[parent];
            place = parent;
        }
        heap[place] = value;
    }

    long poll() {
        long smallest = heap[0];
        long value = heap[--size];
        int place = 0;
        for (int child = 1; child < size; child = 2 * place + 1) {
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (value <= heap[child]) {
                break;
            }
            heap[place] = heap[child];
            place = child;
        }
        heap[place] = value;
        return smallest;
    }
}
