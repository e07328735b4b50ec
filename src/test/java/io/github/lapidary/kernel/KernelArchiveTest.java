package io.github.lapidary.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

class KernelArchiveTest {

    private static final String CODE = "archive/code/__torch__";

    private static KernelMethod method() {
        return KernelMethod.of("testing.all")
                .tensor("x")
                .tensors("parts")
                .weights("w", List.of(1, 2))
                .states("s")
                .integers("spans")
                .literal(4)
                .literal(1e-6)
                .build();
    }

    private static Map<String, String> link(KernelVariant variant, KernelMethod... methods)
            throws IOException {
        Map<String, String> entries = new TreeMap<>();
        byte[] archive = new KernelArchive(variant, List.of(methods)).link();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                assertEquals(ZipEntry.STORED, entry.getMethod(), entry.getName());
                entries.put(entry.getName(), new String(zip.readAllBytes(), UTF_8));
            }
        }
        return entries;
    }

    @Test
    void chainsPassEachResultOn() throws IOException {
        KernelMethod first =
                KernelMethod.of("testing.other").tensor("x").integers("spans").literal(2).build();
        KernelMethod second =
                KernelMethod.of("testing.other").tensor("x").integers("spans").literal(3).build();
        KernelMethod chain = KernelMethod.chain(List.of(first, second, first));
        assertEquals(
                """
                class Kernels(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  def testing_other_0(self: __torch__.Kernels, x: Tensor, spans: List[int], \
                spans_1: List[int], spans_2: List[int]) -> Tensor:
                    result = __torch__.testing.other(x, spans, 2)
                    result = __torch__.testing.other(result, spans_1, 3)
                    return __torch__.testing.other(result, spans_2, 2)
                """,
                link(KernelVariant.PORTABLE, chain).get(CODE + ".py"));
        assertEquals(chain, KernelMethod.chain(List.of(first, second, first)));
        assertNotEquals(chain, KernelMethod.chain(List.of(first, second)));
        KernelMethod numbers = KernelMethod.of("testing.other").integers("spans").build();
        assertThrows(
                IllegalArgumentException.class, () -> KernelMethod.chain(List.of(first, numbers)));
    }

    @Test
    void generatesAMethodForInferenceAndOneOfTensorsForTraining() throws IOException {
        assertEquals(
                """
                class Kernels(Module):
                  __parameters__ = []
                  __buffers__ = []
                  training : bool
                  def testing_all_0(self: __torch__.Kernels, x: Tensor, parts: List[Tensor], \
                w: List[List[Tensor]], s: List[Tensor], spans: List[int]) -> Tensor:
                    return __torch__.testing.all(x, parts, w, s, spans, 4, 1.0e-6)
                  def testing_all_0_training(self: __torch__.Kernels, x: Tensor, \
                parts: List[Tensor], w: List[Tensor], spans: Tensor) -> Tensor:
                    return __torch__.testing.all(x, parts, [[w[0]], [w[1], w[2]]], \
                annotate(List[Tensor], []), __torch__.tokens.integers(spans), 4, 1.0e-6)
                """,
                link(KernelVariant.PORTABLE, method()).get(CODE + ".py"));
    }

    @Test
    void generatesMethodsThatAreRecordedInParts() throws IOException {
        KernelMethod method =
                KernelMethod.of("testing.all")
                        .tensor("x")
                        .weights("w", List.of(1))
                        .integers("spans")
                        .recordedBy("testing.recorded", "testing.adding")
                        .recomputed()
                        .build();
        String source = link(KernelVariant.PORTABLE, method).get(CODE + ".py");
        assertEquals(
                """
                  def testing_all_0_recorded(self: __torch__.Kernels, x: Tensor, w: List[Tensor], \
                spans: Tensor) -> List[Tensor]:
                    return __torch__.testing.recorded(x, [[w[0]]], __torch__.tokens.integers(spans))
                  def testing_all_0_gradients(self: __torch__.Kernels, x: Tensor, w: List[Tensor], \
                spans: Tensor, gradient_: Tensor, sums_: List[Tensor]) -> Tensor:
                    leaf_ = __torch__.gradients.leaf(x)
                    recorded_ = __torch__.testing.recorded(leaf_, [[w[0]]], \
                __torch__.tokens.integers(spans))
                    return __torch__.testing.adding(recorded_, leaf_, w, gradient_, sums_)
                """,
                source.substring(source.indexOf("  def testing_all_0_recorded")));
        assertEquals("testing.adding", method.adding().function());
    }

    @Test
    void linksEachMethodOnce() throws IOException {
        KernelMethod other = KernelMethod.of("testing.other").text("path").build();
        String source = link(KernelVariant.PORTABLE, method(), other, method()).get(CODE + ".py");
        assertEquals(
                List.of("testing_all_0", "testing_all_0_training", "testing_other_1"),
                source.lines()
                        .filter(line -> line.contains("def "))
                        .map(line -> line.replaceFirst(".*def (\\w+).*", "$1"))
                        .toList());
    }

    @Test
    void linksTheTopicsThatAreNeededAndNoOthers() throws IOException {
        KernelMethod norm = KernelMethod.of("norm.rms_norm").tensor("x").build();
        KernelMethod linear = KernelMethod.of("linear.project").tensor("x").build();
        assertTrue(link(KernelVariant.PORTABLE, norm).containsKey(CODE + "/norm.py"));
        Map<String, String> entries = link(KernelVariant.PORTABLE, linear);
        assertTrue(entries.containsKey(CODE + "/linear.py"));
        assertTrue(entries.containsKey(CODE + "/packing.py"), "which linear.py names");
        assertTrue(entries.keySet().stream().noneMatch(name -> name.endsWith("/norm.py")));
    }

    @Test
    void variantsReplaceSomeTopicsAndShareTheOthers() throws IOException {
        KernelMethod linear = KernelMethod.of("linear.project").tensor("x").build();
        Map<String, String> portable = link(KernelVariant.PORTABLE, linear);
        Map<String, String> onednn = link(KernelVariant.ONEDNN, linear);
        Map<String, String> alone = link(KernelVariant.ONEDNN_ALONE, linear);
        assertTrue(onednn.keySet().containsAll(portable.keySet()));
        assertEquals(portable.get(CODE + "/linear.py"), onednn.get(CODE + "/linear.py"));
        assertNotEquals(portable.get(CODE + "/packing.py"), onednn.get(CODE + "/packing.py"));
        assertEquals(onednn.get(CODE + "/packing.py"), alone.get(CODE + "/packing.py"));
        assertNotEquals(onednn.get(CODE + "/engine.py"), alone.get(CODE + "/engine.py"));
    }

    @Test
    void anUnknownTopicIsNamed() {
        KernelMethod method = KernelMethod.of("unheard_of.f").tensor("x").build();
        assertEquals(
                "There is no kernel topic unheard_of.",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> link(KernelVariant.PORTABLE, method))
                        .getMessage());
    }

    @Test
    void numbersThatHaveNoTextAreRefused() {
        KernelMethod.Builder builder = KernelMethod.of("testing.f");
        for (double number : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            assertEquals(
                    "testing.f takes finite numbers, not " + number + ".",
                    assertThrows(IllegalArgumentException.class, () -> builder.literal(number))
                            .getMessage());
        }
    }
}
