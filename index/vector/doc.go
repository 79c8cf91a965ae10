// Package vector finds the nearest vectors of a library by an exact scan in memory.
//
// Load reads the vectors of a store; Sync follows its log of changes; Search
// answers from a snapshot while one writer adds and deletes. New makes an index
// that follows no store.
//
// It does not compute vectors, and stores none on disk.
package vector
