// Awaited, caught and logged behind a time stamp; the message has lines of its own, and the program goes on.
using System;
using System.Threading.Tasks;

namespace Acme.Search {
    class ProviderException : Exception {
        public ProviderException(string message) : base(message) {}
    }

    static class Program {
        static async Task<int> Call() {
            await Task.Yield();
            throw new ProviderException("provider answered 401:\n{\n  \"code\": \"invalid_api_key\"\n}");
        }

        static async Task<int> Embed() {
            return await Call();
        }

        static void Log(string level, object what) {
            Console.Error.WriteLine("2026-11-24 10:20:30.120 [" + level + "] " + what);
        }

        static void Main() {
            Log("INF", "starting");
            try {
                Embed().GetAwaiter().GetResult();
            } catch (Exception error) {
                Log("ERR", "batch 17 failed\n" + error);
            }
            Log("INF", "stopping");
        }
    }
}
