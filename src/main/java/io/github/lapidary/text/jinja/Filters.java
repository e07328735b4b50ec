package io.github.lapidary.text.jinja;

import java.util.Map;

/** The filters, by name. */
final class Filters {

    /** What a filter does with a value. */
    interface Filter {
        Value apply(Value value, Arguments arguments, Rendering rendering);
    }

    private static final Map<String, Filter> FILTERS =
            Map.ofEntries(
                    Map.entry("abs", NumberFilters::abs),
                    Map.entry("float", NumberFilters::real),
                    Map.entry("int", NumberFilters::whole),
                    Map.entry("round", NumberFilters::round),
                    Map.entry("sum", NumberFilters::sum),
                    Map.entry("capitalize", TextFilters::capitalize),
                    Map.entry("indent", TextFilters::indent),
                    Map.entry("lower", TextFilters::lower),
                    Map.entry("replace", TextFilters::replace),
                    Map.entry("safe", TextFilters::safe),
                    Map.entry("string", TextFilters::string),
                    Map.entry("title", TextFilters::title),
                    Map.entry("tojson", JsonNotation::write),
                    Map.entry("trim", TextFilters::trim),
                    Map.entry("upper", TextFilters::upper),
                    Map.entry("attr", SequenceFilters::attribute),
                    Map.entry("batch", SequenceFilters::batch),
                    Map.entry("count", SequenceFilters::length),
                    Map.entry("d", SequenceFilters::otherwise),
                    Map.entry("default", SequenceFilters::otherwise),
                    Map.entry("dictsort", OrderFilters::sortMapping),
                    Map.entry("first", SequenceFilters::first),
                    Map.entry("items", SequenceFilters::items),
                    Map.entry("join", SequenceFilters::join),
                    Map.entry("last", SequenceFilters::last),
                    Map.entry("length", SequenceFilters::length),
                    Map.entry("list", SequenceFilters::list),
                    Map.entry("map", SelectionFilters::map),
                    Map.entry("max", OrderFilters::max),
                    Map.entry("min", OrderFilters::min),
                    Map.entry("reject", SelectionFilters::reject),
                    Map.entry("rejectattr", SelectionFilters::rejectAttribute),
                    Map.entry("reverse", SequenceFilters::reverse),
                    Map.entry("select", SelectionFilters::select),
                    Map.entry("selectattr", SelectionFilters::selectAttribute),
                    Map.entry("sort", OrderFilters::sort),
                    Map.entry("unique", OrderFilters::unique));

    private Filters() {}

    static Value apply(String name, Value value, Arguments arguments, Rendering rendering) {
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw new JinjaException("the filter " + name + " is not known.");
        }
        return filter.apply(value, arguments, rendering);
    }
}
