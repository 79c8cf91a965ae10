package hnsw

import "errors"

// Errors of Read.
var (
	ErrVersion = errors.New("not a graph of a version that this program reads")
	ErrDamaged = errors.New("damaged graph")
	ErrTooMany = errors.New("graph of more rows than there are")
)
