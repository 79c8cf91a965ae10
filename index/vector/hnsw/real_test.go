package hnsw

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const (
	realData = "../../../../shared/data/emb"
	realDims = 512
)

// readNPY returns the numbers of a little-endian array file, after its header.
func readNPY(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(realData, name))
	if err != nil {
		t.Skipf("needs real vectors: %v; with ../shared beside the repository: go test -run '^%s$' -bench '^%[2]s$' ./index/vector/hnsw", err, t.Name())
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s is not an npy file of version 1", name)
	}
	return data[10+int(binary.LittleEndian.Uint16(data[8:])):]
}

// readVectors returns the rows of a file, of unit length.
func readVectors(t testing.TB, name string, size int, number func([]byte) float32) [][]float32 {
	t.Helper()
	data := readNPY(t, name)
	rows := make([][]float32, len(data)/(size*realDims))
	for i := range rows {
		rows[i] = make([]float32, realDims)
		for j := range rows[i] {
			rows[i][j] = number(data[size*(i*realDims+j):])
		}
		normalize(rows[i])
	}
	return rows
}

// half returns a normal number of half precision or zero.
func half(b []byte) float32 {
	h := uint32(binary.LittleEndian.Uint16(b))
	magnitude := math.Float32frombits(h&0x7fff<<13) * (1 << 112)
	return math.Float32frombits(math.Float32bits(magnitude) | h>>15<<31)
}

func single(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

// realSet is a set of queries, and of each the similarity of the 10th row.
type realSet struct {
	name    string
	queries [][]float32
	tenth   []float32
}

// readReal returns real rows and the queries for them.
func readReal(t testing.TB) (*coded, []realSet) {
	t.Helper()
	rows := readVectors(t, "images_50k_f16.npy", 2, half)
	var sets []realSet
	for _, set := range []struct{ name, file, truth string }{
		{"texts", "texts_lvis_f32.npy", "gt_text_top100_i32.npy"},
		{"images", "query_images_1000_f32.npy", "gt_image_top100_i32.npy"},
	} {
		s := realSet{name: set.name, queries: readVectors(t, set.file, 4, single)}
		truth := readNPY(t, set.truth)
		for i, q := range s.queries {
			s.tenth = append(s.tenth, dot(q, rows[binary.LittleEndian.Uint32(truth[4*(i*100+9):])]))
		}
		sets = append(sets, s)
	}
	return newCoded(rows), sets
}

// measure returns the recall of the 10 nearest among ef, and the median time of a search.
func (set *realSet) measure(t testing.TB, g *Graph, s *coded, ef int) (recall float64, median time.Duration, compared float64) {
	p, hits := s.newProbe(), 0
	var times []time.Duration
	for i, q := range set.queries {
		p.ask(q)
		start := time.Now()
		found, err := g.Search(t.Context(), p, ef, nil)
		times = append(times, time.Since(start))
		if err != nil {
			t.Fatal(err)
		}
		hits += min(10, countAbove(s, q, found, set.tenth[i]))
	}
	slices.Sort(times)
	return float64(hits) / float64(10*len(set.queries)), times[len(times)/2], float64(p.count) / float64(len(set.queries))
}

// Real queries find real neighbours, and as many when three rows of ten are dead and the graph is repaired. The floors are
// a little below what was measured.
func TestRealRecall(t *testing.T) {
	s, sets := readReal(t)
	start := time.Now()
	g, err := Build(t.Context(), s, len(s.rows), nil, Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("built in %v; %d bytes a row", time.Since(start), g.Bytes()/g.Rows())
	for i, widths := range [][]int{{256, 512, 1024, 1536}, {16, 32, 64, 96}} {
		for _, ef := range widths {
			recall, median, compared := sets[i].measure(t, g, s, ef)
			t.Logf("%s ef %d: recall@10 %.4f, p50 %v, %.0f compared", sets[i].name, ef, recall, median, compared)
			checkFloor(t, "built", sets[i].name, ef, recall)
		}
	}
	dead := func(row uint32) bool { return draw(77, row)%10 < 3 }
	start = time.Now()
	repaired, err := g.Repair(t.Context(), s, dead)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("repaired in %v", time.Since(start))
	for i, ef := range []int{1024, 64} {
		set := realSet{name: sets[i].name, queries: sets[i].queries[:100]}
		for _, q := range set.queries {
			set.tenth = append(set.tenth, kth(s.rows, q, 10, func(row uint32) bool { return !dead(row) }))
		}
		recall, median, compared := set.measure(t, repaired, s, ef)
		t.Logf("repaired, %s ef %d: recall@10 %.4f, p50 %v, %.0f compared", set.name, ef, recall, median, compared)
		checkFloor(t, "repaired", set.name, ef, recall)
	}
}

// checkFloor compares a recall with what a set and a width should reach at least.
func checkFloor(t *testing.T, what, set string, ef int, recall float64) {
	t.Helper()
	floors := map[string]map[int]float64{
		"texts":  {512: 0.95, 1024: 0.978, 1536: 0.985},
		"images": {32: 0.985, 64: 0.994, 96: 0.996},
	}
	if least := floors[set][ef]; recall < least {
		t.Errorf("%s, %s with ef %d: ANN recall@10 %.4f, want %.3f", what, set, ef, recall, least)
	}
}
