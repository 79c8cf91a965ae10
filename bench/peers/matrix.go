package main

import (
	"fmt"

	"clipsearch/internal/npy"
	"clipsearch/internal/vec"
)

// matrix is rows of dims values, of unit norm.
type matrix struct {
	dims   int
	values []float32 // [rows, dims]
}

func (m matrix) rows() int             { return len(m.values) / m.dims }
func (m matrix) row(i int) []float32   { return m.values[i*m.dims : (i+1)*m.dims : (i+1)*m.dims] }
func (m matrix) first(rows int) matrix { return matrix{m.dims, m.values[:min(rows, m.rows())*m.dims]} }

// normalize gives all rows unit norm; zero rows are an error, as some libraries would find them everywhere.
func (m matrix) normalize() error {
	for i := range m.rows() {
		if vec.Normalize(m.row(i)) == 0 {
			return fmt.Errorf("row %d is zero", i)
		}
	}
	return nil
}

// readMatrix reads the rows of a file of floating-point numbers, at most so many unless that is 0.
func readMatrix(path string, most int) (matrix, error) {
	file, err := npy.Open(path)
	if err != nil {
		return matrix{}, err
	}
	defer file.Close()
	rows := file.Rows
	if most > 0 {
		rows = min(rows, most)
	}
	if rows*file.Cols == 0 {
		return matrix{}, fmt.Errorf("%s is empty", path)
	}
	m := matrix{file.Cols, make([]float32, rows*file.Cols)}
	if err := file.Read(0, m.values); err != nil {
		return matrix{}, err
	}
	if err := m.normalize(); err != nil {
		return matrix{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}
