// An exception that carries another one leaves a thread.
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

namespace acme {
struct IndexError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
}

static void embed(const std::string& text) {
    try {
        text.at(3);
    } catch (const std::out_of_range&) {
        std::throw_with_nested(acme::IndexError("cannot embed \"" + text + "\""));
    }
}

int main() {
    std::thread worker(embed, "x");
    worker.join();
}
