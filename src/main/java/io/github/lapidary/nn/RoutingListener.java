package io.github.lapidary.nn;

import java.util.List;

/** Is told to which experts the tokens of a pass were sent. */
@FunctionalInterface
public interface RoutingListener {

    /**
     * Called after each sparse layer, or after a few layers in their order.
     *
     * @param layer the layer's number
     * @param routes one for each row of tokens that the layer's experts were given; the last layer
     *     may have been given only those that were asked for
     */
    void routed(int layer, List<TokenRoute> routes);
}
