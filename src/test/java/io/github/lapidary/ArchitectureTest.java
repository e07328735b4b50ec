package io.github.lapidary;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysFalse;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.github.lapidary.kernel.KernelEngine;
import java.io.ObjectInputStream;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the packages, and what no package may do. */
class ArchitectureTest {

    private static final String ROOT = "io.github.lapidary";

    /** What each package may use, besides what those may use. A new package needs a row. */
    private static final Map<String, Set<String>> ARROWS =
            Map.ofEntries(
                    entry("file", Set.of()),
                    entry("config", Set.of("file")),
                    entry("text", Set.of("file")),
                    entry("chart", Set.of()),
                    entry("kernel", Set.of()),
                    entry("state", Set.of("config", "kernel")),
                    entry("nn", Set.of("config", "kernel", "state")),
                    entry("model", Set.of("nn")),
                    entry("checkpoint", Set.of("model", "file")),
                    entry("inspection", Set.of("checkpoint", "text")),
                    entry("generation", Set.of("model", "text")),
                    entry("scheduling", Set.of("generation", "text", "checkpoint")),
                    entry("translate", Set.of("generation", "text", "checkpoint", "scheduling")),
                    entry("data", Set.of("text")),
                    entry("training", Set.of("translate", "data", "chart")),
                    entry("evaluation", Set.of("translate", "data")),
                    entry("serve", Set.of("translate")),
                    entry("langchain", Set.of("translate")));

    /** The packages above the facade, which they may use too. */
    private static final Set<String> ABOVE_FACADE =
            Set.of("translate", "data", "training", "evaluation", "serve", "langchain");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages(ROOT);

    @Test
    void everyPackageHasItsRow() {
        Set<String> withoutRow = packages();
        withoutRow.removeAll(ARROWS.keySet());

        assertEquals(Set.of(), withoutRow);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void arrowsGoOneWay(String name) {
        Set<String> allowed = reachableFrom(name);
        check(
                classes()
                        .that(resideInAPackage(inside(name)))
                        .should()
                        .onlyDependOnClassesThat(
                                not(resideInAPackage(ROOT + ".."))
                                        .or(resideInAny(allowed))
                                        .or(facade(ABOVE_FACADE.contains(name)))
                                        .as("lie outside Lapidary or in " + allowed)));
    }

    @Test
    void facadeDoesNotUseWhatIsAboveIt() {
        Set<String> above = new TreeSet<>(ABOVE_FACADE);
        above.add("cli");
        check(
                noClasses()
                        .that(resideInAPackage(ROOT))
                        .should()
                        .dependOnClassesThat(resideInAny(above)));
    }

    @Test
    void packagesHaveNoCycles() {
        check(slices().matching(ROOT + ".(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyKernelTouchesDjlsPyTorchClasses() {
        check(
                noClasses()
                        .that(not(resideInAPackage(inside("kernel"))))
                        .should()
                        .dependOnClassesThat(resideInAPackage("ai.djl.pytorch..")));
    }

    @Test
    void onlyChartTouchesXChart() {
        check(
                noClasses()
                        .that(not(resideInAPackage(inside("chart"))))
                        .should()
                        .dependOnClassesThat(resideInAPackage("org.knowm.xchart..")));
    }

    @Test
    void onlyChartDraws() {
        check(
                noClasses()
                        .that(not(resideInAPackage(inside("chart"))))
                        .should()
                        .dependOnClassesThat(resideInAnyPackage("java.awt..", "javax.imageio..")));
    }

    @Test
    void filesAndConfigurationsKnowNothingOfDjl() {
        check(
                noClasses()
                        .that(resideInAny(Set.of("file", "config")))
                        .should()
                        .dependOnClassesThat(resideInAPackage("ai.djl..")));
    }

    @Test
    void textKnowsNoTensors() {
        check(
                noClasses()
                        .that(resideInAPackage(inside("text")))
                        .should()
                        .dependOnClassesThat(
                                resideInAnyPackage(
                                        "ai.djl.engine..",
                                        "ai.djl.ndarray..",
                                        "ai.djl.nn..",
                                        "ai.djl.training..")));
    }

    @Test
    void dataKnowsTensorsOnlyInDatasets() {
        check(
                noClasses()
                        .that(resideInAPackage(inside("data")))
                        .and()
                        .haveNameNotMatching(".*\\.(TokenBatch|\\w+Dataset)(\\$.*)?")
                        .should()
                        .dependOnClassesThat(
                                resideInAnyPackage(
                                        "ai.djl.engine..",
                                        "ai.djl.ndarray..",
                                        "ai.djl.nn..",
                                        "ai.djl.training..")));
    }

    @Test
    void onlyTheCommandLinePrints() {
        check(
                NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS,
                CLASSES.that(not(resideInAPackage(inside("cli")))));
    }

    @Test
    void onlyTheCommandLineReadsSystemPropertiesAndEnvironment() {
        check(
                noClasses()
                        .should()
                        .callMethod(System.class, "getProperty", String.class)
                        .orShould()
                        .callMethod(System.class, "getProperty", String.class, String.class)
                        .orShould()
                        .callMethod(System.class, "getProperties")
                        .orShould()
                        .callMethod(System.class, "getenv", String.class)
                        .orShould()
                        .callMethod(System.class, "getenv"),
                CLASSES.that(not(resideInAPackage(inside("cli")))));
    }

    /** A nameless manager is that of whichever engine is the default. */
    @Test
    void onlyOneClassChoosesTheEngine() {
        check(
                noClasses()
                        .that()
                        .doNotHaveFullyQualifiedName(KernelEngine.class.getName())
                        .should()
                        .callMethod(NDManager.class, "newBaseManager")
                        .orShould()
                        .callMethod(NDManager.class, "newBaseManager", Device.class)
                        .orShould()
                        .callMethod(NDManager.class, "newBaseManager", String.class)
                        .orShould()
                        .callMethod(NDManager.class, "newBaseManager", Device.class, String.class)
                        .orShould()
                        .callMethod(Engine.class, "getInstance"));
    }

    @Test
    void noStaticStateChanges() {
        check(fields().that().areStatic().should().beFinal());
    }

    @Test
    void nothingIsDeserialisedByJava() {
        check(noClasses().should().dependOnClassesThat().areAssignableTo(ObjectInputStream.class));
    }

    /** Returns the packages right under the root, but for the command line: it may use all. */
    private static Set<String> packages() {
        return CLASSES.that(not(resideInAPackage(inside("cli")))).stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT + "."))
                .map(name -> name.substring(ROOT.length() + 1).split("\\.", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> reachableFrom(String name) {
        Set<String> reachable = new TreeSet<>(Set.of(name));
        for (String next : ARROWS.getOrDefault(name, Set.of())) {
            reachable.addAll(reachableFrom(next));
        }
        return reachable;
    }

    private static DescribedPredicate<JavaClass> resideInAny(Set<String> names) {
        return resideInAnyPackage(
                names.stream().map(ArchitectureTest::inside).toArray(String[]::new));
    }

    private static DescribedPredicate<JavaClass> facade(boolean allowed) {
        return allowed ? resideInAPackage(ROOT) : alwaysFalse();
    }

    private static String inside(String name) {
        return ROOT + "." + name + "..";
    }

    private static void check(ArchRule rule) {
        check(rule, CLASSES);
    }

    /** Checks a rule that holds, too, while a package that it names has no classes. */
    private static void check(ArchRule rule, JavaClasses checked) {
        rule.allowEmptyShould(true).check(checked);
    }
}
