// An index is past the end of a vector; the library was built with its assertions.
#include <cstdio>
#include <vector>

static float last(const std::vector<float>& vector, unsigned dimensions) {
    return vector[dimensions - 1];
}

int main() {
    std::vector<float> vector(3, 0.5f);
    std::puts("embedding");
    std::fflush(stdout);
    return last(vector, 1536) > 1.0f;
}
