#include "native.h"

#include <hnswlib/hnswlib.h>

namespace {

// The graph refers to the space.
struct Index {
    hnswlib::InnerProductSpace space;
    hnswlib::HierarchicalNSW<float> graph;

    Index(size_t n, size_t dims, size_t degree, size_t ef_construction)
        : space(dims), graph(&space, n, degree, ef_construction) {}
};

}

void *hnswlib_build(const float *rows, size_t n, size_t dims, size_t degree, size_t ef_construction) {
    try {
        auto *index = new Index(n, dims, degree, ef_construction);
        for (size_t i = 0; i < n; i++) index->graph.addPoint(rows + i * dims, i);
        return index;
    } catch (...) {
        return NULL;
    }
}

int hnswlib_search(void *index, const float *query, size_t k, size_t ef, uint32_t *found) {
    try {
        auto &graph = static_cast<Index *>(index)->graph;
        graph.setEf(ef);
        auto best = graph.searchKnn(query, k);
        int n = 0;
        for (; !best.empty(); best.pop()) found[n++] = best.top().second;
        return n;
    } catch (...) {
        return -1;
    }
}

void hnswlib_free(void *index) { delete static_cast<Index *>(index); }
