package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import io.github.lapidary.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemporalConvolutionTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new TemporalConvolution(6, 3);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new TemporalConvolution(6, 4);
    }

    @Override
    protected String description() {
        return "TemporalConvolution weight(6, 1, 3) bias(6)";
    }

    /** Of one tap, of as many as tokens, and of more. */
    @ParameterizedTest
    @CsvSource({"1, 5", "2, 5", "4, 1", "4, 7", "5, 5", "9, 4"})
    void isTheFormulaInDoublePrecision(int width, int tokens) {
        int channels = 3;
        try (NDManager manager = NDManager.newBaseManager()) {
            TemporalConvolution block = new TemporalConvolution(channels, width);
            block.initialize(manager, DataType.FLOAT32, new Shape(1, tokens, channels));
            NDArray weight = normal(manager, new Shape(channels, 1, width));
            NDArray bias = normal(manager, new Shape(channels));
            weight.copyTo(block.parametersByPath().get("weight").getArray());
            bias.copyTo(block.parametersByPath().get("bias").getArray());
            NDArray x = normal(manager, new Shape(2, tokens, channels));
            float[] expected = convolved(x.toFloatArray(), tokens, weight.toFloatArray(), bias);
            for (boolean training : new boolean[] {false, true}) {
                NDArray y =
                        block.forward(new ParameterStore(manager, false), new NDList(x), training)
                                .head();
                Golden.assertClose("convolution", expected, y.toFloatArray(), 1e-6);
            }
        }
    }

    @Test
    void refusesToSeeNoToken() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new TemporalConvolution(6, 0));
        assertEquals("A convolution must see at least 1 token, not 0.", e.getMessage());
    }

    private static float[] convolved(float[] x, int tokens, float[] weight, NDArray bias) {
        float[] offsets = bias.toFloatArray();
        int channels = offsets.length;
        int width = weight.length / channels;
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            int channel = i % channels;
            int token = i / channels % tokens;
            double sum = offsets[channel];
            for (int back = 0; back < width && back <= token; back++) {
                sum += (double) x[i - back * channels] * weight[(channel + 1) * width - 1 - back];
            }
            y[i] = (float) sum;
        }
        return y;
    }
}
