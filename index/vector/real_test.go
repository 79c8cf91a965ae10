package vector

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

const (
	realData = "../../../shared/data/emb"
	realDims = 512
)

// realQueries are the query sets and their true neighbours among the images.
var realQueries = []struct{ name, file, truth string }{
	{"texts", "texts_lvis_f32.npy", "gt_text_top100_i32.npy"},
	{"images", "query_images_1000_f32.npy", "gt_image_top100_i32.npy"},
}

// readNPY returns the numbers of a little-endian array file, after its header.
func readNPY(t testing.TB, name string, bytesEach int) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(realData, name))
	if err != nil {
		t.Skipf("needs real vectors: %v; with ../shared beside the repository: go test -run '^%s$' -bench '^%[2]s$' ./index/vector", err, t.Name())
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s is not an npy file of version 1", name)
	}
	body := data[10+int(binary.LittleEndian.Uint16(data[8:])):]
	if len(body)%bytesEach != 0 {
		t.Fatalf("%s has %d bytes", name, len(body))
	}
	return body
}

// readImages returns the vectors of the images, in half precision.
func readImages(t testing.TB) [][]float32 {
	t.Helper()
	data := readNPY(t, "images_50k_f16.npy", 2*realDims)
	rows, h := make([][]float32, len(data)/(2*realDims)), make([]uint16, realDims)
	for i := range rows {
		for j := range h {
			h[j] = binary.LittleEndian.Uint16(data[2*(i*realDims+j):])
		}
		rows[i] = make([]float32, realDims)
		vec.FromF16(rows[i], h)
	}
	return rows
}

func readQueries(t testing.TB, name string) [][]float32 {
	t.Helper()
	data := readNPY(t, name, 4*realDims)
	rows := make([][]float32, len(data)/(4*realDims))
	for i := range rows {
		rows[i] = make([]float32, realDims)
		for j := range rows[i] {
			rows[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(i*realDims+j):]))
		}
	}
	return rows
}

// indexOf returns an index of rows, whose IDs are their places from 1 on.
func indexOf(t testing.TB, rows [][]float32) *Index {
	t.Helper()
	x := New(len(rows[0]), Auto)
	x.edit(func(e *edit) {
		for i, v := range rows {
			h, err := newHalf(v, x.Dims())
			ok(t, err)
			e.add(store.ID(i+1), h)
		}
	})
	return x
}

// The true neighbours of all real queries among 50,000 real vectors are found: recall@10 is 1.000, where a neighbour counts
// if its similarity is the true 10th or higher, rounding aside.
func TestRealVectors(t *testing.T) {
	const k, listed = 10, 100
	rows := readImages(t)
	x := indexOf(t, rows)
	sketched(x)
	for _, row := range rows {
		vec.Normalize(row)
	}
	for _, set := range realQueries {
		queries, truth := readQueries(t, set.file), readNPY(t, set.truth, 4*listed)
		for i, by := range kernel.Available() {
			if i > 0 {
				queries = queries[:100] // as the slowest takes 50 times as long; they differ in speed alone
			}
			x.kernel = by
			all, err := x.SearchBatch(ctx, queries, k, Options{})
			ok(t, err)
			for i, found := range all {
				if by.HasCrumbs() {
					alone, err := x.Search(ctx, queries[i], k, Options{}) // by sketches
					ok(t, err)
					if d := cmp.Diff(found, alone); d != "" {
						t.Errorf("%s, %s, query %d: -in a batch +alone:\n%s", by.Name, set.name, i, d)
					}
				}
				unit := append([]float32(nil), queries[i]...)
				vec.Normalize(unit)
				tenth := rows[binary.LittleEndian.Uint32(truth[4*(i*listed+k-1):])]
				least := vec.Dot(unit, tenth) - 1e-6
				if len(found) != k {
					t.Fatalf("%s, %s, query %d: %d neighbours", by.Name, set.name, i, len(found))
				}
				for _, n := range found {
					if got := vec.Dot(unit, rows[n.ID-1]); got < least || math.Abs(float64(got-n.Similarity)) > 1e-6 {
						t.Errorf("%s, %s, query %d: neighbour %v has similarity %v, the true 10th %v", by.Name, set.name, i, n, got, least)
					}
				}
			}
		}
	}
}
