package acme.search;

/** A checked exception without message, wrapped without message, ends a thread of its own. */
class Main {
    static class QuotaExhausted extends Exception {}

    static void embed() throws QuotaExhausted {
        throw new QuotaExhausted();
    }

    static void work() {
        try {
            embed();
        } catch (QuotaExhausted error) {
            throw new RuntimeException(error);
        }
    }

    public static void main(String[] args) throws InterruptedException {
        Thread indexer = new Thread(Main::work, "indexer-1");
        indexer.start();
        indexer.join();
        System.out.println("indexer stopped");
    }
}
