package io.github.lapidary.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JinjaTemplateTest {

    static List<JinjaCase> cases() throws IOException {
        List<JinjaCase> cases = JinjaCase.read("golden/chat/jinja_cases.golden.json");
        assertEquals(29, cases.size());
        return cases;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rendersAsJinjaDoes(JinjaCase known) {
        known.check();
    }
}
