package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"clipsearch/internal/vec"
)

// unit returns the unit vector of a stored one.
func unit(half []uint16) []float32 {
	v := make([]float32, len(half))
	vec.FromF16(v, half)
	vec.Normalize(v)
	return v
}

func TestHalfVectors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	fill(t, path, pageSize+40) // 1 and 2 are hidden
	s := mustOpen(t, path, Options{})
	putPaths(t, s, "/no vector")
	bare := ID(pageSize + 41)

	ids := []ID{7, bare, 1, 999_999, 3, 7}
	var seen []int
	var vectors [][]float32
	ok(t, s.VectorsOf(ids, func(i int, half []uint16) {
		seen, vectors = append(seen, i), append(vectors, unit(half))
	}))
	diff(t, "those that have one", []int{0, 2, 4, 5}, seen)
	for n, i := range seen {
		want, err := s.Vector(ids[i])
		ok(t, err)
		diff(t, fmt.Sprint("vector ", ids[i]), want, vectors[n])
	}

	want := map[ID][]float32{}
	ok(t, s.EachDocument(ctx, func(d Document) error {
		v, err := s.Vector(d.ID)
		if v != nil && !d.Hidden {
			want[d.ID] = v
		}
		return err
	}))
	got := map[ID][]float32{}
	ok(t, s.EachHalf(ctx, func(id ID, half []uint16) error { got[id] = unit(half); return nil }))
	diff(t, "all vectors", want, got)
	diff(t, "count", pageSize+38, len(got))

	ok(t, s.update(breakVector(7)))
	wantErr(t, s.VectorsOf(ids, func(int, []uint16) {}), ErrCorrupt, "7")
	wantErr(t, s.EachHalf(ctx, func(ID, []uint16) error { return nil }), ErrCorrupt)
}

// Vectors of another length than the model's are damage, not a panic.
func TestHalfOfWrongLength(t *testing.T) {
	s := newStore(t)
	_, err := s.Put(ctx, []Entry{fullEntry("/a")})
	ok(t, err)
	s.model.Dims = 5
	wantErr(t, s.VectorsOf([]ID{1}, func(int, []uint16) {}), ErrCorrupt)
	wantErr(t, s.EachHalf(ctx, func(ID, []uint16) error { return nil }), ErrCorrupt)
}

// BenchmarkVectorsOf reads 300 of 50,000 vectors of 512 values, as a search does that ranks again.
func BenchmarkVectorsOf(b *testing.B) {
	const documents, dims, wanted = 50_000, 512, 300
	s := mustOpen(b, filepath.Join(b.TempDir(), "l"), Options{Create: true})
	ok(b, s.SetModel(ctx, Model{ID: "m", Dims: dims}))
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range documents / 1000 {
		entries := make([]Entry, 1000)
		for i := range entries {
			entries[i].Document.Path = fmt.Sprintf("/%d/%d", n, i)
			entries[i].Vector = make([]float32, dims)
			for j := range dims {
				entries[i].Vector[j] = rng.Float32() - 0.5
			}
		}
		_, err := s.Put(ctx, entries)
		ok(b, err)
	}
	perVector := func(b *testing.B, n int) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/vector")
	}
	b.Run("VectorsOf", func(b *testing.B) {
		b.ReportAllocs()
		ids := make([]ID, wanted)
		for b.Loop() {
			for i := range ids {
				ids[i] = 1 + rng.Uint64N(documents)
			}
			ok(b, s.VectorsOf(ids, func(int, []uint16) {}))
		}
		perVector(b, wanted)
	})
	b.Run("Vector", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Vector(1 + rng.Uint64N(documents))
			ok(b, err)
		}
		perVector(b, 1)
	})
	b.Run("EachHalf", func(b *testing.B) {
		for b.Loop() {
			ok(b, s.EachHalf(ctx, func(ID, []uint16) error { return nil }))
		}
		perVector(b, documents)
	})
}
