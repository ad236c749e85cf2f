// What is thrown has no text of its own.
class QuotaExhausted {}

class Indexer {
  void add(String id) => throw QuotaExhausted();

  void all(Iterable<String> ids) => ids.forEach(add);
}

void main() {
  Indexer().all(['a', 'b']);
}
