package acme.search;

/** The initialiser of a class fails; the message of the cause has several lines. */
class Main {
    static class Settings {
        static final String KEY = read("api.key");

        static String read(String name) {
            throw new IllegalStateException("missing settings:\n - " + name + "\n - api.url");
        }
    }

    public static void main(String[] args) {
        System.out.println("key " + Settings.KEY.length());
    }
}
