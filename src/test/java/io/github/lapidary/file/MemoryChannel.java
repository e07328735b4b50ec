package io.github.lapidary.file;

import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A file that exists in memory only. */
final class MemoryChannel implements SeekableByteChannel {

    private final ByteBuffer content;

    MemoryChannel(byte[] content) {
        this.content = ByteBuffer.wrap(content);
    }

    @Override
    public int read(ByteBuffer target) {
        if (!content.hasRemaining()) {
            return -1;
        }
        // Half of what is asked, as channels may do.
        int count = Math.min(content.remaining(), (target.remaining() + 1) / 2);
        target.put(content.slice(content.position(), count));
        content.position(content.position() + count);
        return count;
    }

    @Override
    public long position() {
        return content.position();
    }

    @Override
    public SeekableByteChannel position(long newPosition) {
        content.position((int) newPosition);
        return this;
    }

    @Override
    public long size() {
        return content.capacity();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
