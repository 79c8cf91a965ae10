package vector

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"clipsearch/index/store"
)

// A library of a million vectors is built, saved and opened in the memory that a laptop has, and its graph finds what a
// scan finds. It takes some 15 minutes: CLIPSEARCH_SOAK=1 go test -run '^TestMillion$' -timeout 1h -v ./index/vector
func TestMillion(t *testing.T) {
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		t.Skip("takes some 15 minutes: CLIPSEARCH_SOAK=1 go test -run '^TestMillion$' -timeout 1h -v ./index/vector")
	}
	const rows, dims = 1_000_000, 512
	path := filepath.Join(t.TempDir(), "l")
	st, err := store.Open(path, store.Options{Create: true})
	ok(t, err)
	ok(t, st.SetModel(ctx, store.Model{ID: "m", Dims: dims}))
	start := time.Now()
	queries := fillMillion(t, st, rows, dims)
	t.Logf("put in %v", time.Since(start))

	start = time.Now()
	x, err := Load(ctx, st, Auto)
	ok(t, err)
	t.Logf("read in %v, %d MB", time.Since(start), anonymousMB(t))
	start = time.Now()
	ok(t, x.Build(ctx))
	t.Logf("graph in %v, %d MB", time.Since(start), anonymousMB(t))
	start = time.Now()
	ok(t, x.Save(ctx))
	t.Logf("saved in %v", time.Since(start))
	ok(t, st.Close())

	st, err = store.Open(path, store.Options{ReadOnly: true})
	ok(t, err)
	defer st.Close()
	start = time.Now()
	x, err = Load(ctx, st, Auto)
	ok(t, err)
	t.Logf("opened in %v", time.Since(start))
	if x.current.Load().graph == nil || x.Len() != rows {
		t.Fatalf("%d vectors came back, with a graph: %v", x.Len(), x.current.Load().graph != nil)
	}
	opts, times := Options{Ef: EfImages}, []time.Duration{}
	for _, q := range queries {
		start := time.Now()
		_, err := x.Search(ctx, q, 10, opts)
		ok(t, err)
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	r, memory := recall(t, x, queries, 10, opts), anonymousMB(t)
	t.Logf("p50 %v, p95 %v, ANN recall@10 %.4f, %d MB", times[len(times)/2], times[len(times)*95/100], r, memory)
	if r < 0.95 {
		t.Errorf("ANN recall@10 %.4f", r)
	}
	if memory > 1200 {
		t.Errorf("%d MB of anonymous memory", memory)
	}
}

// fillMillion puts clustered vectors into a library and returns some more of their kind.
func fillMillion(t *testing.T, st *store.Store, rows, dims int) (queries [][]float32) {
	t.Helper()
	rng := rand.New(rand.NewPCG(51, 52))
	centers := make([][]float32, 5000)
	for i := range centers {
		centers[i] = shapes["cone"](rng, dims)
	}
	next := func() []float32 {
		v := random(rng, dims)
		for j, c := range centers[rng.IntN(len(centers))] {
			v[j] = 0.7*v[j] + c
		}
		return v
	}
	for range 500 {
		queries = append(queries, next())
	}
	for first := 0; first < rows; first += 4000 {
		entries := make([]store.Entry, 4000)
		for i := range entries {
			entries[i] = store.Entry{Document: store.Document{Path: fmt.Sprint("/", first+i)}, Vector: next()}
		}
		_, err := st.Put(ctx, entries)
		ok(t, err)
	}
	return queries
}

// anonymousMB returns how much memory the process has that is not of files.
func anonymousMB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	ok(t, err)
	for line := range strings.Lines(string(status)) {
		var kB int
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kB); n == 1 {
			return kB >> 10
		}
	}
	t.Fatal("no RssAnon")
	return 0
}
