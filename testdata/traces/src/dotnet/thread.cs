// An exception without message of its own ends a thread, and with it the program.
using System;
using System.Threading;

namespace Acme.Search {
    class QuotaExhausted : Exception {}

    static class Program {
        static void Embed() {
            throw new QuotaExhausted();
        }

        static void Main() {
            var worker = new Thread(Embed) { Name = "indexer-1" };
            worker.Start();
            worker.Join();
        }
    }
}
