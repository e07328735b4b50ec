package io.github.lapidary.kernel.format;

import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;

/** The memory that the C library keeps for itself after arrays were freed. */
public final class NativeHeap {

    private NativeHeap() {}

    /**
     * Gives what is free back to the system, so that other programs can have it. Only glibc has a
     * function for that; elsewhere this does nothing.
     */
    public static void trim() {
        if (!Platform.isLinux()) {
            return;
        }
        try {
            NativeLibrary.getProcess()
                    .getFunction("malloc_trim")
                    .invokeInt(new Object[] {new NativeLong(0)});
        } catch (LinkageError e) {
            return; // another C library, or JNA cannot be loaded: nothing is lost
        }
    }
}
