package vector

import "errors"

// Errors of vectors and queries.
var (
	ErrDims      = errors.New("vector has the wrong number of values")
	ErrNotFinite = errors.New("vector holds NaN or infinity")
	ErrZero      = errors.New("vector is zero")
)
