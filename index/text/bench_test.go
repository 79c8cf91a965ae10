package text

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"clipsearch/index/store"
)

// zipf draws words from a vocabulary of n with frequencies 1/rank.
type zipf struct {
	rng *rand.Rand
	sum []float64
}

func newZipf(rng *rand.Rand, n int) *zipf {
	z := &zipf{rng: rng}
	total := 0.0
	for i := range n {
		total += 1 / float64(i+1)
		z.sum = append(z.sum, total)
	}
	return z
}

// word draws a word.
func (z *zipf) word() string {
	rank, _ := slices.BinarySearch(z.sum, z.rng.Float64()*z.sum[len(z.sum)-1])
	return spell(rank)
}

func (z *zipf) caption(words int) string {
	s := ""
	for range words {
		s += z.word() + " "
	}
	return s
}

// rare draws a word from the middle of the vocabulary.
func (z *zipf) rare() string { return spell(100 + z.rng.IntN(5000)) }

// common draws one of the most frequent words.
func (z *zipf) common() string { return spell(z.rng.IntN(20)) }

// spell returns a word for each number, different ones for different numbers.
func spell(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	s := ""
	for n++; n > 0; n /= len(consonants) * len(vowels) {
		d := n % (len(consonants) * len(vowels))
		s += string(consonants[d%len(consonants)]) + string(vowels[d/len(consonants)])
	}
	return s + "x"
}

// Benchmark50k indexes 50,000 documents with 5 captions of 10 words from a Zipf
// vocabulary of 30,000, then opens, searches and updates.
func Benchmark50k(b *testing.B) {
	const documents = 50_000
	st, dir := newLibrary(b)
	z := newZipf(rand.New(rand.NewPCG(1, 2)), 30_000)
	fillZipf(b, st, z, documents)
	start := time.Now()
	x := mustOpen(b, dir, st, Options{})
	ok(b, x.Close())
	seconds := time.Since(start).Seconds()
	b.Run("index", func(b *testing.B) {
		b.ReportMetric(seconds, "s")
		b.ReportMetric(documents/seconds, "documents/s")
		b.ReportMetric(float64(size(b, dir))/documents, "bytes/document")
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			ok(b, mustOpen(b, dir, st, Options{ReadOnly: true}).Close())
		}
	})
	for name, query := range map[string]func() Query{
		"zipf words":   func() Query { return Query{Words: []string{z.word(), z.word(), z.word()}} },
		"rare words":   func() Query { return Query{Words: []string{z.rare(), z.rare(), z.rare()}} },
		"common words": func() Query { return Query{Words: []string{z.common(), z.common(), z.common()}} },
		"beginning":    func() Query { return Query{Words: []string{z.word(), z.rare()[:3]}, Prefix: true} },
		"phrase":       func() Query { return Query{Phrases: []string{z.word() + " " + z.word()}} },
	} {
		b.Run("search/"+name, func(b *testing.B) { benchmarkSearch(b, dir, st, query) })
	}
	b.Run("update 500", func(b *testing.B) { benchmarkUpdate(b, dir, st, z) })
}

func fillZipf(b testing.TB, st *store.Store, z *zipf, documents int) {
	b.Helper()
	for done := 0; done < documents; {
		var entries []store.Entry
		for range 1000 {
			done++
			e := store.Entry{Document: store.Document{Path: fmt.Sprintf("/p/%d/IMG_%05d.jpg", done/1000, done), Root: "/p"}}
			for range 5 {
				e.Captions = append(e.Captions, store.Caption{Text: z.caption(10)})
			}
			entries = append(entries, e)
		}
		put(b, st, entries...)
	}
}

func benchmarkSearch(b *testing.B, dir string, st *store.Store, query func() Query) {
	x := mustOpen(b, dir, st, Options{ReadOnly: true})
	var took []time.Duration
	for b.Loop() {
		q := query()
		start := time.Now()
		_, err := x.Search(ctx, q, 100, nil)
		took = append(took, time.Since(start))
		ok(b, err)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
	ok(b, x.Close())
}

func benchmarkUpdate(b *testing.B, dir string, st *store.Store, z *zipf) {
	x := mustOpen(b, dir, st, Options{})
	for b.Loop() {
		b.StopTimer()
		change := map[store.ID][]store.Caption{}
		for len(change) < 500 {
			change[store.ID(z.rng.IntN(x.Len())+1)] = []store.Caption{{Text: z.caption(50)}}
		}
		ok(b, st.SetCaptions(ctx, change))
		b.StartTimer()
		ok(b, x.Sync(ctx))
	}
	ok(b, x.Close())
}

func size(b testing.TB, dir string) (sum int64) {
	b.Helper()
	ok(b, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		sum += info.Size()
		return err
	}))
	return sum
}
