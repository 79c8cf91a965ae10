// Command peers compares this project's index of vectors with others on the same
// vectors, in one process on one thread: hnswlib and faiss (C++, from Debian's
// packages), github.com/coder/hnsw, and a scan of float32 with github.com/viterin/vek.
//
// It is a module of its own, so that the program needs none of them. `make peers` in
// the repository's root installs what it needs, builds and runs it.
//
// It is no judge of how other libraries do with other vectors, data types or threads.
package main
