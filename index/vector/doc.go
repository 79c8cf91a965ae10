// Package vector finds the nearest vectors of a library by an exact scan in memory.
//
// Load reads the vectors of a store; Sync follows its log of changes; Search and
// SearchBatch answer from a snapshot while one writer adds and deletes. New makes an
// index that follows no store.
//
// A scan reads 8-bit codes: each vector less the mean of all, with a scale of its
// own. A code gives the similarity within a margin; what may be among the k best
// within that margin is ranked by the vectors themselves, which are kept in half
// precision, as the store has them. Of a vector with D values an index holds 3·D + 24
// bytes.
//
// It does not compute vectors, and stores none on disk.
package vector
