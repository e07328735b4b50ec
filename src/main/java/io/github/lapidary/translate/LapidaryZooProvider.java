package io.github.lapidary.translate;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;
import ai.djl.util.Utils;

/**
 * Gives DJL the models in the folder {@code lapidary} of its cache, {@code ~/.djl.ai} or what
 * {@code DJL_CACHE_DIR} names; DJL finds this class by itself.
 */
public final class LapidaryZooProvider implements ZooProvider {

    @Override
    public String getName() {
        return "Lapidary";
    }

    @Override
    public ModelZoo getModelZoo() {
        return new LapidaryModelZoo(Utils.getCacheDir().resolve("lapidary"));
    }
}
