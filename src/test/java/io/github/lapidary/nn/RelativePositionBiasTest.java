package io.github.lapidary.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.lapidary.Golden;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelativePositionBiasTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return new RelativePositionBias(6, 20, 2);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return new RelativePositionBias(6, 20, 3);
    }

    @Override
    protected NDList inputs(NDManager target) {
        return new NDList(target.create(new long[] {0, 1, 7, 3, 30, 3}, new Shape(2, 3)));
    }

    @Override
    protected Shape outputShape() {
        return new Shape(2, 3, 2);
    }

    @Override
    protected String description() {
        return """
               RelativePositionBias weight(6, 2)""";
    }

    /** The buckets that lingvo's own code gives, at the numbers of both tiny models. */
    @ParameterizedTest
    @ValueSource(strings = {"glam", "glam_alt"})
    void bucketsAreTheReferences(String name) throws IOException {
        JsonObject golden =
                JsonParser.parseString(
                                Files.readString(
                                        Golden.path("tiny/" + name)
                                                .resolve("golden_relative_buckets.json")))
                        .getAsJsonObject();
        int buckets = golden.get("num_buckets").getAsInt();
        JsonArray expected = golden.getAsJsonArray("bucket_for_distance_0_to_1023");
        try (NDManager manager = NDManager.newBaseManager()) {
            RelativePositionBias bias =
                    new RelativePositionBias(buckets, golden.get("max_distance").getAsInt(), 1);
            bias.initialize(manager, DataType.FLOAT32, new Shape(1));
            long[] reversed = bias.buckets(manager, 1024, false).toLongArray();
            for (int distance = 0; distance < 1024; distance++) {
                assertEquals(expected.get(distance).getAsLong(), reversed[1023 - distance]);
            }
        }
    }
}
