// The initialiser of a type fails because a setting is no number.
using System;

namespace Acme.Search {
    static class Settings {
        public static readonly int Dimensions = Read("many");

        static int Read(string value) {
            try {
                return int.Parse(value);
            } catch (FormatException error) {
                throw new ArgumentException("EMBEDDING_DIMENSIONS must be a number", error);
            }
        }
    }

    static class Program {
        static void Main() {
            Console.WriteLine(Settings.Dimensions);
        }
    }
}
