/**
 * Line charts as PNG pictures.
 *
 * <p>Here live a figure, its panels with their axes and series, and the drawing of them. Only this
 * package may use XChart, which is an optional dependency: who draws adds it. It imports no other
 * package of Lapidary.
 */
package io.github.lapidary.chart;
