package io.github.lapidary.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;

class JsonDifferenceTest {

    private static String between(String was, String is) {
        return JsonDifference.between(
                JsonParser.parseString(was).getAsJsonObject(),
                JsonParser.parseString(is).getAsJsonObject());
    }

    @Test
    void eachMemberThatDiffersIsNamed() {
        assertEquals("", between("{\"a\": [1, 2], \"b\": 1.0}", "{\"b\": 1.0, \"a\": [1, 2]}"));
        assertEquals(
                "a was [1,2], is now [1], m[0].name was \"x\", is now \"y\","
                        + " m[1].name was absent, is now \"z\"",
                between(
                        "{\"a\": [1, 2], \"m\": [{\"name\": \"x\"}]}",
                        "{\"a\": [1], \"m\": [{\"name\": \"y\"}, {\"name\": \"z\"}]}"));
    }

    @Test
    void longListsOfDifferencesAreCut() {
        assertEquals(
                "a was 1, is now absent, b was 1, is now absent, c was 1, is now absent,"
                        + " d was 1, is now absent, e was 1, is now absent and 2 more",
                between("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}", "{}"));
    }
}
