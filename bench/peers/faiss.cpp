#include "native.h"

#include <faiss/IndexHNSW.h>
#include <omp.h>

#include <vector>

void *faiss_build(const float *rows, size_t n, size_t dims, size_t degree, size_t ef_construction) {
    try {
        omp_set_num_threads(1);
        auto *index = new faiss::IndexHNSWFlat(dims, degree, faiss::METRIC_INNER_PRODUCT);
        index->hnsw.efConstruction = ef_construction;
        index->add(n, rows);
        return index;
    } catch (...) {
        return NULL;
    }
}

int faiss_search(void *index, const float *query, size_t k, size_t ef, uint32_t *found) {
    try {
        auto *graph = static_cast<faiss::IndexHNSWFlat *>(index);
        graph->hnsw.efSearch = ef;
        std::vector<float> distances(k);
        std::vector<faiss::Index::idx_t> labels(k);
        graph->search(1, query, k, distances.data(), labels.data());
        int n = 0;
        for (auto label : labels)
            if (label >= 0) found[n++] = label;
        return n;
    } catch (...) {
        return -1;
    }
}

void faiss_free(void *index) { delete static_cast<faiss::IndexHNSWFlat *>(index); }
