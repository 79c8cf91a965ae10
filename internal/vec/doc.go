// Package vec holds the arithmetic of vectors: inner product, normalisation,
// half-precision conversion, and choosing the k best.
//
// All functions are plain Go and safe for concurrent use on different data. It
// does not search; package index/vector does.
package vec
