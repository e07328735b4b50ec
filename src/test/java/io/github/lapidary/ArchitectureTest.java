package io.github.lapidary;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    @Test
    void classesAreFound() {
        assertFalse(new ClassFileImporter().importPackages("io.github.lapidary").isEmpty());
    }
}
