"""A service logs an error with its traceback and goes on logging; its class is local and has no message."""
import logging
import sys

logging.basicConfig(format="%(asctime)s %(levelname)s [%(name)s] %(message)s", stream=sys.stderr, level="INFO")
log = logging.getLogger("ingest.worker")


def load(path):
    class EmptyDocument(Exception):
        pass

    raise EmptyDocument


def main():
    log.info("loading 2 documents")
    for path in ("a.md", "b.md"):
        try:
            load(path)
        except Exception:
            log.exception("could not load %s", path)
            break
    log.info("done, 0 documents loaded")


main()
