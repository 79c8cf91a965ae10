package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"clipsearch/internal/vec"
)

// randomMatrix returns rows of unit norm, in half precision as our index keeps them, whose values have different spreads
// and means.
func randomMatrix(rows, dims int) matrix {
	rng := rand.New(rand.NewPCG(1, 2))
	m := matrix{dims, make([]float32, rows*dims)}
	for i := range m.values {
		j := float64(i % dims)
		m.values[i] = float32(3 + math.Sin(j) + rng.NormFloat64()/(1+j))
	}
	half := make([]uint16, dims)
	for i := range rows {
		vec.Normalize(m.row(i))
		vec.ToF16(half, m.row(i))
		vec.FromF16(m.row(i), half)
		vec.Normalize(m.row(i))
	}
	return m
}

// Every library finds what a scan finds among few vectors, where a wide search sees nearly all of them; coder's is known not
// to, and must only not bring the others down.
func TestPeers(t *testing.T) {
	vectors := randomMatrix(500, 16)
	q := questions{name: "q", queries: vectors.first(20)}
	q.complete(vectors)
	for _, p := range peers {
		b := measureBuild(p, vectors)
		if b.err != nil {
			t.Errorf("%s: %v", p.name, b.err)
			continue
		}
		s := &setting{built: b, ef: 400}
		s.answer(&q, vectors, 0, 20, true)
		if recall := s.right / float64(s.asked); s.err != nil || recall < 0.999 && p.name != "coder" {
			t.Errorf("%s: recall %.3f, %v", p.name, recall, s.err)
		}
		b.index.close()
	}
}

// What ties with the true 10th is right, a row counts once, and rows that there are not are wrong.
func TestRecall(t *testing.T) {
	m := matrix{2, nil}
	for range 12 {
		m.values = append(m.values, 1, 0)
	}
	m.values = append(m.values, 0, 1)
	q := questions{queries: m.first(1)}
	q.complete(m)
	for _, tc := range []struct {
		rows []uint32
		want float64
	}{
		{[]uint32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1},
		{[]uint32{11, 10, 9, 8, 7, 6, 5, 4, 3, 2}, 1},
		{[]uint32{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0.2},
		{[]uint32{0, 12, 13}, 0.1},
		{nil, 0},
	} {
		if got := q.recall(m, 0, tc.rows); got != tc.want {
			t.Errorf("recall of %v: %v, want %v", tc.rows, got, tc.want)
		}
	}
}

// Generated vectors have the mean and the variances of those that they are like, whatever share is real, and are the same
// in every run.
func TestGenerate(t *testing.T) {
	like := randomMatrix(4000, 8)
	for _, share := range []float32{0, .8} {
		s := fit(like)
		s.real, s.share = like, share
		checkGenerated(t, like, s)
	}
}

// Vectors of which all is real are some of those that they are like.
func TestGenerateReal(t *testing.T) {
	like := randomMatrix(400, 8)
	s := fit(like)
	s.real, s.share = like, 1
	made := generate(s, 20)
	for i := range made.rows() {
		if best := nearest(like, made.row(i), 1)[0].Score; best < 0.9999 {
			t.Errorf("vector %d: the nearest real one has a similarity of %v", i, best)
		}
	}
}

func checkGenerated(t *testing.T, like matrix, s shape) {
	t.Helper()
	a, b := generate(s, 4000), generate(s, 10)
	for i, x := range b.values {
		if a.values[i] != x {
			t.Fatalf("value %d: %v and %v", i, a.values[i], x)
		}
	}
	want, got := fit(like), fit(a)
	for j := range want.mean {
		if d := math.Abs(float64(want.mean[j] - got.mean[j])); d > 0.005 {
			t.Errorf("mean of value %d: %v, want %v", j, got.mean[j], want.mean[j])
		}
		if w, g := vec.Dot(want.lower[j], want.lower[j]), vec.Dot(got.lower[j], got.lower[j]); g < 0.8*w || g > 1.2*w {
			t.Errorf("variance of value %d: %v, want %v", j, g, w)
		}
	}
}

// A chart is well-formed and names every peer, whatever its figures.
func TestChart(t *testing.T) {
	r := &report{Peers: []cost{{Name: "a", What: "a < b"}, {Name: "c", What: "see & see"}}, Sets: []results{
		{Name: "texts", Points: []point{{"a", 16, 0, 5, 9}, {"a", 32, 1, 50_000, 90_000}, {"c", 0, 0.99, 1000, 1000}}}, {Name: "none"},
	}}
	chart, text := xml.NewDecoder(bytes.NewReader(r.chart())), ""
	for {
		token, err := chart.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := token.(xml.CharData); ok {
			text += string(data)
		}
	}
	for _, want := range []string{"a < b", "see & see", "texts", "100000 µs"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestVerdict(t *testing.T) {
	for _, tc := range []struct {
		recalls []float64
		want    string
	}{{[]float64{0.96, 0.95}, "PASS"}, {[]float64{0.99, 0.1}, "FAIL"}} {
		r := &report{Peers: []cost{{Name: "coder"}}}
		for _, x := range tc.recalls {
			r.Sets = append(r.Sets, results{Points: []point{{Peer: "coder", Recall: 0.01}, {Peer: "coder", Recall: x}, {Peer: "vek32", Recall: 1}}})
		}
		r.judge()
		if got := r.Peers[0].Verdict; !strings.HasPrefix(got, tc.want) {
			t.Errorf("recalls %v: %q, want %s", tc.recalls, got, tc.want)
		}
	}
}
