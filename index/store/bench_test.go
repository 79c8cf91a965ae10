package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

// BenchmarkCare opens, verifies and compacts a library of 200,000 documents with 5 captions and vectors of 512
// values; CLIPSEARCH_SOAK=1 adds thumbnails of 20 KB.
func BenchmarkCare(b *testing.B) {
	const documents, batch, dims = 200_000, 2000, 512
	path := filepath.Join(b.TempDir(), "l")
	s := mustOpen(b, path, Options{Create: true})
	ok(b, s.SetModel(ctx, Model{ID: "m", Dims: dims}))
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range documents / batch {
		entries := make([]Entry, batch)
		for i := range entries {
			entries[i] = fullEntry(fmt.Sprintf("/pictures/%d/%d.jpg", n, i))
			entries[i].Document.Hash = [32]byte{byte(n), byte(n >> 8), byte(i), byte(i >> 8)}
			entries[i].Thumb = nil
			if os.Getenv("CLIPSEARCH_SOAK") == "1" {
				entries[i].Thumb = make([]byte, 20<<10)
			}
			entries[i].Vector = make([]float32, dims)
			for j := range dims {
				entries[i].Vector[j] = rng.Float32()
			}
			entries[i].Captions = slices.Repeat(entries[i].Captions[:1], 5)
		}
		_, err := s.Put(ctx, entries)
		ok(b, err)
	}
	ok(b, s.Close())
	for name, readOnly := range map[string]bool{"Open to read": true, "Open to write": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := Open(path, Options{ReadOnly: readOnly})
				ok(b, err)
				ok(b, s.Close())
			}
		})
	}
	b.Run("first use of each bucket", func(b *testing.B) {
		for b.Loop() {
			s, err := Open(path, Options{ReadOnly: true})
			ok(b, err)
			ok(b, s.view(func(tx *txn) error {
				for _, name := range allBuckets {
					tx.Bucket(name)
				}
				return nil
			}))
			ok(b, s.Close())
		}
	})
	b.Run("Verify", func(b *testing.B) {
		s := mustOpen(b, path, Options{ReadOnly: true})
		for b.Loop() {
			report, err := s.Verify(ctx, nil)
			ok(b, err)
			b.SetBytes(report.Bytes)
		}
		ok(b, s.Close())
	})
	b.Run("Compact", func(b *testing.B) {
		for b.Loop() {
			report, err := Compact(ctx, path, CompactOptions{})
			ok(b, err)
			b.SetBytes(report.After)
		}
	})
}
