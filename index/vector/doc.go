// Package vector finds the nearest vectors of a library: by comparing all of them, and in large libraries by a graph.
//
// Load reads what Save has left in a store, or the store's vectors; Sync follows its log of changes; Search and
// SearchBatch answer from a snapshot while one writer adds and deletes. Build makes a graph, or brings it up to date; Tend
// does so whenever it is needed. New makes an index that follows no store.
//
// Vectors are compared by 8-bit codes: each vector, rotated, less the mean of all, with a scale of its own. A code gives the
// similarity within a margin; what may be among the k best within that margin is ranked by the vectors themselves, in
// half precision, which the store has (an index without a store keeps them). So a scan of all codes finds exactly the
// nearest. Where one query after the other is asked, sketches of 2 bits a value tell first which codes need not be read.
// Of a vector with D values an index holds D + 50 bytes, D/4 + 8 for its sketch, and 140 for the graph.
//
// The graph (package hnsw) connects the rows that there were when it was built. Rows that came later are compared one by
// one, deleted ones are passed through, until Build sees to them. A search takes the graph where it is told to (see Options) and
// that is faster: not for a filter that keeps few.
//
// It does not compute vectors. What it saves can be made again from the store's vectors.
package vector
