// The C++ libraries as C functions. Each new function returns NULL, and each other -1, if the library threw an exception.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void *hnswlib_build(const float *rows, size_t n, size_t dims, size_t degree, size_t ef_construction);
int hnswlib_search(void *index, const float *query, size_t k, size_t ef, uint32_t *found);
void hnswlib_free(void *index);

void *faiss_build(const float *rows, size_t n, size_t dims, size_t degree, size_t ef_construction);
int faiss_search(void *index, const float *query, size_t k, size_t ef, uint32_t *found);
void faiss_free(void *index);

#ifdef __cplusplus
}
#endif
