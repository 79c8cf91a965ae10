package store

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// Benchmark20k reads a library of 20,000 documents with 5 captions and vectors of 512 values.
func Benchmark20k(b *testing.B) {
	const documents, batch, dims = 20_000, 250, 512
	s := mustOpen(b, filepath.Join(b.TempDir(), "l"), Options{Create: true})
	ok(b, s.SetModel(ctx, Model{ID: "m", Dims: dims}))
	rng := rand.New(rand.NewPCG(1, 1))
	put := func(n int) {
		entries := make([]Entry, batch)
		for i := range entries {
			entries[i] = fullEntry(fmt.Sprintf("/pictures/%d/%d.jpg", n, i))
			entries[i].Document.Hash = [32]byte{byte(n), byte(n >> 8), byte(i)}
			entries[i].Thumb = nil
			entries[i].Vector = make([]float32, dims)
			for j := range dims {
				entries[i].Vector[j] = rng.Float32()
			}
			for range 3 {
				entries[i].Captions = append(entries[i].Captions, entries[i].Captions[0])
			}
		}
		_, err := s.Put(ctx, entries)
		ok(b, err)
	}
	for n := range documents / batch {
		put(n)
	}
	st, err := s.Stats(ctx)
	ok(b, err)
	for name, fn := range map[string]func() error{
		"EachFile":     func() error { return s.EachFile(ctx, func(File) error { return nil }) },
		"EachDocument": func() error { return s.EachDocument(ctx, func(Document) error { return nil }) },
		"EachRecord":   func() error { return s.EachRecord(ctx, func(Record) error { return nil }) },
		"EachVector":   func() error { return s.EachVector(ctx, func(ID, []float32) error { return nil }) },
		"Stats":        func() error { _, err := s.Stats(ctx); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ok(b, fn())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/documents, "ns/document")
		})
	}
	b.Run("Put 250", func(b *testing.B) {
		n := documents
		for b.Loop() {
			n++
			put(n)
		}
		b.ReportMetric(float64(st.Bytes)/documents, "bytes/document")
	})
}
