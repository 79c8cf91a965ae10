package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/viterin/vek/vek32"

	"clipsearch/internal/npy"
	"clipsearch/internal/vec"
)

// found is how many neighbours a query asks for.
const found = 10

// set is what libraries are compared with.
type set struct {
	vectors matrix
	asked   []questions
}

// questions are queries of one kind.
type questions struct {
	name    string // of their file
	queries matrix
	// tenth is the similarity of each query with its true 10th neighbour. Whatever is as similar is right, rounding aside:
	// real sets have many exact ties.
	tenth []float32
}

// rounding is how far two ways of adding 512 products of float32 differ at most.
const rounding = 1e-6

// readSet reads the files of the command line, and generates vectors if it says so.
func readSet(o options) (*set, error) {
	vectors, err := readMatrix(o.files[0], 0)
	if err != nil {
		return nil, err
	}
	s := &set{vectors: vectors}
	for _, path := range o.files[1:] {
		if err := s.readFile(path, o); err != nil {
			return nil, err
		}
	}
	if o.generate > 0 {
		s.vectors = generate(fit(vectors), o.generate)
	}
	for i := range s.asked {
		s.asked[i].complete(s.vectors)
	}
	return s, nil
}

// readFile adds a set of queries, or the truth of the last one if the file holds integers.
func (s *set) readFile(path string, o options) error {
	file, err := npy.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if file.DType != npy.I32 {
		queries, err := readMatrix(path, o.queries)
		if err == nil && queries.dims != s.vectors.dims {
			err = fmt.Errorf("%s has queries of %d values for vectors of %d", path, queries.dims, s.vectors.dims)
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		s.asked = append(s.asked, questions{name: name, queries: queries})
		return err
	}
	if len(s.asked) == 0 || file.Cols < found {
		return fmt.Errorf("%s is not the truth of queries named before it", path)
	}
	if o.generate > 0 {
		return nil // it is that of other vectors
	}
	return s.asked[len(s.asked)-1].readTruth(file, s.vectors)
}

func (q *questions) readTruth(file *npy.File, vectors matrix) error {
	q.tenth = make([]float32, q.queries.rows())
	row := make([]int32, file.Cols)
	for i := range q.tenth {
		if err := file.ReadInts(i, row); err != nil {
			return err
		}
		neighbour := int(row[found-1])
		if neighbour < 0 || neighbour >= vectors.rows() {
			return fmt.Errorf("%s: row %d names vector %d of %d", file.Path, i, neighbour, vectors.rows())
		}
		q.tenth[i] = vek32.Dot(q.queries.row(i), vectors.row(neighbour))
	}
	return nil
}

// complete finds the truth by a scan, unless it was read.
func (q *questions) complete(vectors matrix) {
	if q.tenth != nil {
		return
	}
	for i := range q.queries.rows() {
		best := nearest(vectors, q.queries.row(i), found)
		q.tenth = append(q.tenth, best[len(best)-1].Score)
	}
}

// nearest is a scan of all vectors.
func nearest(vectors matrix, q []float32, k int) []vec.Scored[float32] {
	best := vec.NewTopK[float32](k)
	for r := range vectors.rows() {
		best.Push(uint64(r), vek32.Dot(q, vectors.row(r)))
	}
	return best.Sorted()
}

// recall returns the share of found that rows, the answer to query i, has right. A row that is named twice counts once.
func (q *questions) recall(vectors matrix, i int, rows []uint32) float64 {
	right := 0
	rows = slices.Clone(rows)
	slices.Sort(rows)
	for _, r := range slices.Compact(rows) {
		if int(r) < vectors.rows() && vek32.Dot(q.queries.row(i), vectors.row(int(r))) >= q.tenth[i]-rounding {
			right++
		}
	}
	return float64(min(right, found)) / found
}
