"""An exception with notes ends a worker thread, which reports it; the program goes on."""
import threading


class RateLimited(Exception):
    pass


def embed(batch):
    raise RateLimited(f"429 for {len(batch)} texts")


def index(batch):
    try:
        embed(batch)
    except RateLimited as error:
        error.add_note("model: text-embedding-3-small")
        error.add_note("retry after: 20 s")
        raise


worker = threading.Thread(target=index, args=(["a", "b"],), name="indexer-1")
worker.start()
worker.join()
print("indexed 0 of 2 documents")
