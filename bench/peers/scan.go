package main

// scan compares with all vectors; it shares their memory.
type scan struct{ vectors matrix }

func buildScan(m matrix) (index, error) { return scan{m}, nil }

func (s scan) search(q []float32, k, _ int) ([]uint32, error) {
	rows := make([]uint32, 0, k)
	for _, n := range nearest(s.vectors, q, k) {
		rows = append(rows, uint32(n.ID))
	}
	return rows, nil
}

func (s scan) close() {}
