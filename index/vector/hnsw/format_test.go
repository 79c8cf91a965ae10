package hnsw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"hash/crc32"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// line is a Space of numbers, whose similarities are exact on every machine.
type line []int

type linePoint struct {
	space line
	at    int
}

func (s line) NewRowProbe() RowProbe      { return &linePoint{space: s} }
func (s line) Same(a, b uint32) bool      { return s[a] == s[b] }
func (p *linePoint) At(row uint32)        { p.at = p.space[row] }
func (p *linePoint) distance(row int) int { return (p.space[row] - p.at) * (p.space[row] - p.at) }
func (p *linePoint) Similarities(dst []float32, rows []uint32) {
	for i, row := range rows {
		dst[i] = 1 - float32(p.distance(int(row)))/(1<<20)
	}
}

// small is a graph with two layers and twins.
func small(t testing.TB) *Graph {
	t.Helper()
	s := make(line, 40)
	for i := range s {
		s[i] = i * 7 % 31
	}
	g, err := Build(t.Context(), s, len(s), nil, Config{M: 4, EfConstruction: 10, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(g.layers) < 2 || g.twins == nil {
		t.Fatalf("%d layers, %d twins: the graph shows too little", len(g.layers), len(g.twins))
	}
	return g
}

func TestReadGolden(t *testing.T) {
	const path = "testdata/v1.hnsw"
	g := small(t)
	if *update {
		if err := os.WriteFile(path, written(t, g), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, written(t, g)) {
		t.Error("the graph is written in other bytes")
	}
	read, err := Read(bytes.NewReader(golden), g.Rows())
	if err != nil {
		t.Fatal(err)
	}
	read.walkers, g.walkers = nil, nil
	if diff := cmp.Diff(g, read, cmp.AllowUnexported(Graph{}, layer{})); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

// Whatever byte is changed and wherever the input ends, Read says so.
func TestReadDamaged(t *testing.T) {
	whole := written(t, small(t))
	for i := range whole {
		if _, err := Read(bytes.NewReader(whole[:i]), 40); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: %v", i, err)
		}
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x81
		if _, err := Read(bytes.NewReader(flipped), 40); err == nil {
			t.Fatalf("byte %d changed: no error", i)
		}
	}
}

// Numbers that a search would stumble over are refused though the checksum fits.
func TestReadRefuses(t *testing.T) {
	g := small(t)
	twins := len(chains(g.twins))
	bottom := headerSize + 8*twins
	for _, tc := range []struct {
		name   string
		offset int
		value  uint32
		want   error
	}{
		{"version", 4, 0x39393939, ErrVersion},
		{"M of nothing", 8, 1, ErrDamaged},
		{"large M", 8, 65, ErrDamaged},
		{"EfConstruction of nothing", 12, 0, ErrDamaged},
		{"rows", 24, 41, ErrTooMany},
		{"entry", 28, 40, ErrDamaged},
		{"no entry", 28, none, ErrDamaged},
		{"no layers", 32, 0, ErrDamaged},
		{"layers", 32, 66, ErrDamaged},
		{"twins", 36, 41, ErrDamaged},
		{"node of a twin", headerSize, 40, ErrDamaged},
		{"twin", headerSize + 4, none, ErrDamaged},
		{"twin of itself", headerSize + 4, binary.LittleEndian.Uint32(written(t, g)[headerSize:]), ErrDamaged},
		{"link", bottom + 1, 40, ErrDamaged},
	} {
		b := written(t, g)
		binary.LittleEndian.PutUint32(b[tc.offset:], tc.value)
		if _, err := Read(bytes.NewReader(resum(b)), 40); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

// resum gives b the checksum that fits.
func resum(b []byte) []byte {
	body := b[:len(b)-4]
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, castagnoli))
}

// FuzzRead searches, extends and repairs what Read accepts of bytes with a checksum that fits.
func FuzzRead(f *testing.F) {
	whole := written(f, small(f))
	f.Add(whole[:len(whole)-4])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, body []byte) {
		const rows = 60
		g, err := Read(bytes.NewReader(resum(append(bytes.Clone(body), 0, 0, 0, 0))), rows-5)
		if err != nil {
			return
		}
		s := make(line, rows)
		for i := range s {
			s[i] = i
		}
		p := &linePoint{space: s, at: 20}
		for _, accept := range []func(uint32) bool{nil, func(row uint32) bool { return row%3 == 0 }} {
			if _, err := g.Search(t.Context(), p, 10, accept); err != nil {
				t.Fatal(err)
			}
		}
		dead := func(row uint32) bool { return row%2 == 0 }
		if _, err := g.Repair(t.Context(), s, dead); err != nil {
			t.Fatal(err)
		}
		if g, err = g.Extend(t.Context(), s, rows, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(bytes.NewReader(written(t, g)), rows); err != nil {
			t.Fatal(err)
		}
	})
}
