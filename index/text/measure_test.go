package text

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
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

func (z *zipf) word() string {
	at, _ := slices.BinarySearch(z.sum, z.rng.Float64()*z.sum[len(z.sum)-1])
	return spell(at)
}

func spell(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	s := ""
	for n += 1; n > 0; n /= len(consonants) * len(vowels) {
		d := n % (len(consonants) * len(vowels))
		s += string(consonants[d%len(consonants)]) + string(vowels[d/len(consonants)])
	}
	return s + "x"
}

func (z *zipf) caption(words int) string {
	s := ""
	for range words {
		s += z.word() + " "
	}
	return s
}

// TestMeasure prints figures for CLIPSEARCH_MEASURE documents.
func TestMeasure(t *testing.T) {
	var n int
	if fmt.Sscan(os.Getenv("CLIPSEARCH_MEASURE"), &n); n == 0 {
		t.Skip("set CLIPSEARCH_MEASURE to a number of documents")
	}
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "l"), store.Options{Create: true})
	ok(t, err)
	z := newZipf(rand.New(rand.NewPCG(1, 2)), 30000)
	start := time.Now()
	var entries []store.Entry
	for i := range n {
		e := store.Entry{Document: store.Document{Path: fmt.Sprintf("/p/%d/IMG_%05d.jpg", i/1000, i), Root: "/p"}}
		for range 5 {
			e.Captions = append(e.Captions, store.Caption{Text: z.caption(10)})
		}
		entries = append(entries, e)
		if len(entries) == 1000 || i == n-1 {
			_, err := st.Put(ctx, entries)
			ok(t, err)
			entries = nil
		}
	}
	t.Logf("store %d documents with 5 captions of 10 words: %v", n, time.Since(start))
	cache := filepath.Join(dir, "text")
	start = time.Now()
	x, err := Open(ctx, cache, st, Options{})
	ok(t, err)
	t.Logf("index: %v", time.Since(start))
	start = time.Now()
	ok(t, x.Close())
	t.Logf("close: %v", time.Since(start))
	size := int64(0)
	files, _ := os.ReadDir(indexDir(cache))
	for _, f := range files {
		info, _ := f.Info()
		size += info.Size()
	}
	t.Logf("disk: %d MB in %d files", size>>20, len(files))
	for _, ro := range []bool{false, true, true} {
		start = time.Now()
		x, err = Open(ctx, cache, st, Options{ReadOnly: ro})
		ok(t, err)
		t.Logf("reopen, read only %v: %v", ro, time.Since(start))
		if !ro {
			ok(t, x.Close())
		}
	}
	for _, kind := range []string{"zipf words", "rare words", "common words", "prefix", "phrase"} {
		var took []time.Duration
		hits := 0
		for range 200 {
			q := Query{}
			switch kind {
			case "zipf words":
				q.Words = []string{z.word(), z.word(), z.word()}
			case "rare words":
				q.Words = []string{spell(100 + z.rng.IntN(5000)), spell(100 + z.rng.IntN(5000)), spell(100 + z.rng.IntN(5000))}
			case "common words":
				q.Words = []string{spell(z.rng.IntN(20)), spell(z.rng.IntN(20)), spell(z.rng.IntN(20))}
			case "prefix":
				q.Words = []string{z.word(), spell(z.rng.IntN(5000))[:2]}
				q.Prefix = true
			case "phrase":
				q.Phrases = []string{z.word() + " " + z.word()}
			}
			start := time.Now()
			m, err := x.Search(ctx, q, 100, nil)
			took = append(took, time.Since(start))
			ok(t, err)
			hits += len(m)
		}
		slices.Sort(took)
		t.Logf("%-12s p50 %v p95 %v, %d hits", kind, took[100], took[190], hits/200)
	}
	ids := []store.ID{}
	for range 500 {
		ids = append(ids, store.ID(z.rng.IntN(n)+1))
	}
	slices.Sort(ids)
	change := map[store.ID][]store.Caption{}
	for _, id := range slices.Compact(ids) {
		change[id] = []store.Caption{{Text: z.caption(10)}}
	}
	ok(t, x.Close())
	x, err = Open(ctx, cache, st, Options{})
	ok(t, err)
	ok(t, st.SetCaptions(ctx, change))
	start = time.Now()
	ok(t, x.Sync(ctx))
	t.Logf("update %d: %v", len(change), time.Since(start))
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("heap %d MB", mem.HeapInuse>>20)
	ok(t, x.Close())
	ok(t, st.Close())
	_ = math.Pi
}
