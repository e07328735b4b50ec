/**
 * A small interpreter of Jinja, the language of chat templates, as Hugging Face runs it.
 *
 * <p>Templates are not trusted: there is no reflection, nothing outside the variables is reached,
 * and size, depth and work are limited. What is not known is an error. Nothing of the library may
 * be imported.
 */
package io.github.lapidary.text.jinja;
