// What is thrown has no text, because it is no std::exception.
#include <iostream>

namespace acme {
struct QuotaExhausted {
    int retry_after;
};
}

int main() {
    std::cerr << "indexing 2 documents" << std::endl;
    throw acme::QuotaExhausted{20};
}
