package io.github.lapidary.nn;

/**
 * The RG-LRU and its gradients in double precision, token by token, of one sequence x [T, W].
 *
 * <p>An element is counted from the first of the first token.
 */
final class RgLruReference {

    private static final double LARGEST_SLOPE = 1000;

    private final int width;
    private final float[] x;
    private final float[] parameter;
    private final Gate input;
    private final Gate recurrent;

    /** States [T, W]. */
    final double[] h;

    /** What {@link #back} finds for x and for recurrent_param; gates keep their own. */
    final double[] xGradient;

    final double[] parameterGradient;

    RgLruReference(float[] x, float[] parameter, Gate input, Gate recurrent) {
        this.x = x;
        this.parameter = parameter;
        this.input = input;
        this.recurrent = recurrent;
        width = parameter.length;
        xGradient = new double[x.length];
        parameterGradient = new double[width];
        h = new double[x.length];
        for (int k = 0; k < h.length; k++) {
            double taken = x[k] * input.open(x, k);
            h[k] = k < width ? taken : decay(k) * h[k - width] + root(k) * taken;
        }
    }

    /** A gate of blocks, weight [N, W/N, W/N] and bias [W]. */
    static final class Gate {

        private final float[] weight;
        private final float[] bias;
        private final int block;
        final double[] weightGradient;
        final double[] biasGradient;

        Gate(float[] weight, float[] bias) {
            this.weight = weight;
            this.bias = bias;
            block = weight.length / bias.length;
            weightGradient = new double[weight.length];
            biasGradient = new double[bias.length];
        }

        /** Returns the place of the factor between the i-th input of the block and a channel. */
        private int place(int channel, int i) {
            int first = channel / block * block;
            return (first + i) * block + channel - first;
        }

        /** Returns the first element of the block of an element of x. */
        private int first(int k) {
            return k - k % bias.length % block;
        }

        double open(float[] x, int k) {
            int channel = k % bias.length;
            double sum = bias[channel];
            for (int i = 0; i < block; i++) {
                sum += (double) x[first(k) + i] * weight[place(channel, i)];
            }
            return 1 / (1 + Math.exp(-sum));
        }

        /** Takes the gradient of an element before the sigmoid. */
        void back(float[] x, int k, double gradient, double[] xGradient) {
            int channel = k % bias.length;
            biasGradient[channel] += gradient;
            for (int i = 0; i < block; i++) {
                weightGradient[place(channel, i)] += gradient * x[first(k) + i];
                xGradient[first(k) + i] += gradient * weight[place(channel, i)];
            }
        }
    }

    private double logDecay(int k) {
        return -8 * Math.log1p(Math.exp(parameter[k % width])) * recurrent.open(x, k);
    }

    private double decay(int k) {
        return Math.exp(logDecay(k));
    }

    private double root(int k) {
        return Math.sqrt(-Math.expm1(2 * logDecay(k)));
    }

    /** Finds the gradients of the sum of the states, each times its g. */
    void back(float[] g) {
        double[] d = new double[x.length];
        for (int k = x.length - 1; k >= 0; k--) {
            int next = k + width;
            d[k] = g[k] + (next < x.length ? decay(next) * d[next] : 0);
            double open = input.open(x, k);
            double scaled = d[k] * (k < width ? 1 : root(k));
            xGradient[k] += scaled * open;
            input.back(x, k, scaled * x[k] * open * (1 - open), xGradient);
            if (k >= width) {
                double a = decay(k);
                double slope = Math.min(LARGEST_SLOPE, 0.5 / root(k));
                double ofLog = d[k] * (h[k - width] * a - x[k] * open * slope * 2 * a * a);
                double let = recurrent.open(x, k);
                double sigmoid = 1 / (1 + Math.exp(-parameter[k % width]));
                parameterGradient[k % width] += ofLog * -8 * let * sigmoid;
                recurrent.back(x, k, ofLog * logDecay(k) * (1 - let), xGradient);
            }
        }
    }
}
