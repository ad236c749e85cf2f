package acme.search;

import java.io.Closeable;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logged through SLF4J's simple logger: closing fails as well, so that one exception suppresses another. */
class Main {
    static final Logger LOG = LoggerFactory.getLogger(Main.class);

    static class Index implements Closeable {
        void add(String id) throws IOException {
            throw new IOException("disk quota exceeded for " + id);
        }

        @Override
        public void close() {
            throw new IllegalStateException("index was not flushed");
        }
    }

    static void batch() {
        try (Index index = new Index()) {
            index.add("doc-1");
        } catch (IOException error) {
            throw new IllegalArgumentException("batch 17", error);
        }
    }

    public static void main(String[] args) {
        LOG.info("starting");
        try {
            batch();
        } catch (RuntimeException error) {
            LOG.error("batch failed, trying again later", error);
        }
        LOG.info("stopping");
    }
}
