package io.github.lapidary.kernel;

import ai.djl.pytorch.jni.JniUtils;

/** Whether autograd records what this thread runs, until it is closed; then as before. */
public final class GradientMode implements AutoCloseable {

    private final boolean before;

    private GradientMode(boolean recording) {
        before = JniUtils.isGradMode();
        JniUtils.setGradMode(recording);
    }

    /** Returns whether autograd records now: in most threads so, and under a collector. */
    public static boolean isRecording() {
        return JniUtils.isGradMode();
    }

    /** Turns recording on. */
    public static GradientMode recording() {
        return new GradientMode(true);
    }

    /** Turns recording off. */
    public static GradientMode notRecording() {
        return new GradientMode(false);
    }

    @Override
    public void close() {
        JniUtils.setGradMode(before);
    }
}
