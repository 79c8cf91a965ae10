package hnsw

// Probe compares one vector, that of a query or of a row, with rows. Not safe for
// concurrent use.
type Probe interface {
	// Similarities sets dst[i] to the similarity with rows[i]: higher is nearer, never
	// NaN; of a row with itself about 1. The lengths are equal and at least 1; rows is the caller's and valid during
	// the call.
	Similarities(dst []float32, rows []uint32)
}

// RowProbe is a Probe whose vector is a row.
type RowProbe interface {
	Probe
	// At makes row what is compared.
	At(row uint32)
}

// Space is what a graph connects: rows that can be compared with one another. Rows
// that are the same have equal similarities with every row. Safe for concurrent use.
type Space interface {
	NewRowProbe() RowProbe
	// Same reports whether the vectors of two rows are equal.
	Same(a, b uint32) bool
}
