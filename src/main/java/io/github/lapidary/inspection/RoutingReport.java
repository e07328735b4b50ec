package io.github.lapidary.inspection;

import io.github.lapidary.nn.TokenRoute;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * To which experts a model sends the tokens of a text.
 *
 * @param ids the tokens
 * @param numExperts the experts of each sparse layer
 * @param layers the sparse layers, first layer first
 */
public record RoutingReport(List<Integer> ids, int numExperts, List<SparseLayer> layers) {

    /** Makes the lists immutable. */
    public RoutingReport {
        ids = List.copyOf(ids);
        layers = List.copyOf(layers);
    }

    /**
     * A layer with experts.
     *
     * @param number counted from 0, those without experts too
     * @param routes one for each token
     * @param load how many tokens each expert took
     */
    public record SparseLayer(int number, List<TokenRoute> routes, ExpertLoad load) {

        /** Makes the list immutable. */
        public SparseLayer {
            routes = List.copyOf(routes);
        }
    }

    /**
     * Puts together what a {@link io.github.lapidary.nn.RoutingListener} heard.
     *
     * @param routes by the number of the layer, one for each token
     * @throws IllegalArgumentException if a layer has more routes or fewer
     */
    public static RoutingReport of(
            int[] ids, int numExperts, Map<Integer, List<TokenRoute>> routes) {
        List<SparseLayer> layers =
                new TreeMap<>(routes)
                        .entrySet().stream()
                                .map(
                                        layer -> {
                                            check(layer.getKey(), layer.getValue(), ids.length);
                                            return new SparseLayer(
                                                    layer.getKey(),
                                                    layer.getValue(),
                                                    ExpertLoad.of(layer.getValue(), numExperts));
                                        })
                                .toList();
        return new RoutingReport(IntStream.of(ids).boxed().toList(), numExperts, layers);
    }

    private static void check(int layer, List<TokenRoute> routes, int tokens) {
        if (routes.size() != tokens) {
            throw new IllegalArgumentException(
                    "Layer "
                            + layer
                            + " has "
                            + routes.size()
                            + " routes for "
                            + tokens
                            + " tokens.");
        }
    }
}
