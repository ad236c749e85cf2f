package acme.search;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Stages of a pipeline fail one after another; who joins them gets the whole chain. */
class Main {
    static class EmbeddingException extends RuntimeException {
        EmbeddingException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static int dimensions(List<Float> vector) {
        return vector.get(3).intValue();
    }

    static int embed(String text) {
        try {
            return dimensions(List.of(0.1f));
        } catch (IndexOutOfBoundsException error) {
            throw new EmbeddingException("bad vector for \"" + text + "\"", error);
        }
    }

    public static void main(String[] args) {
        CompletableFuture.supplyAsync(() -> embed("x")).thenApply(size -> size + 1).join();
    }
}
