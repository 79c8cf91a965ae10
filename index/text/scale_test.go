package text

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/registry"
	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// TestScale measures a library with 5 captions of 10 words a document, from a Zipf
// vocabulary of 30,000, beside a plain scorch index of the same captions. With
// CLIPSEARCH_SOAK=1 it has 200,000 documents and limits on seconds and memory, else a tenth,
// and only what does not depend on the machine is held.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("indexes 20,000 documents twice; run without -short")
	}
	privateTemp(t)
	soak, documents := os.Getenv("CLIPSEARCH_SOAK") == "1", 20_000
	if soak {
		documents = 200_000
	}
	limit := func(what string, got, most time.Duration) {
		t.Helper()
		t.Logf("%s: %v", what, got)
		if soak && got > most {
			t.Errorf("%s took %v, more than %v", what, got, most)
		}
	}
	st, dir := newLibrary(t)
	z := newZipf(rand.New(rand.NewPCG(1, 2)), 30_000)
	fillZipf(t, st, z, documents)

	lean := timed(t, func() { plainScorch(t, st, positions, false) })
	plain := timed(t, func() { plainScorch(t, st, positions|index.StoreField|index.DocValues, true) })
	var x *Index
	ours := timed(t, func() {
		x = mustOpen(t, dir, st, Options{})
		ok(t, x.folder.flush(ctx))
	})
	t.Logf("index: %.0f documents/s, %.2f of plain scorch, %.2f of a lean one, %d bytes/document",
		float64(documents)/ours.Seconds(), plain.Seconds()/ours.Seconds(), lean.Seconds()/ours.Seconds(), size(t, dir)/int64(documents))
	if soak && plain.Seconds() < 0.8*ours.Seconds() {
		t.Errorf("indexing takes %v, plain scorch %v", ours, plain)
	}
	t.Logf("save: %v", timed(t, func() { ok(t, x.Save(ctx)) }))
	snapshots, err := st.Snapshots()
	ok(t, err)
	t.Logf("snapshot: %d bytes/document", snapshots[0].Bytes/int64(documents))
	ok(t, x.Close())

	limit("open", timed(t, func() { x = mustOpen(t, dir, st, Options{ReadOnly: true}) }), 300*time.Millisecond)
	ok(t, x.Close())
	elsewhere := filepath.Join(t.TempDir(), "cache")
	limit("restore and open", timed(t, func() { x = mustOpen(t, elsewhere, st, Options{ReadOnly: true}) }), 8*time.Second)
	diff(t, "documents", documents, x.Len())
	limit("median search", medianSearch(t, x, z), 6*time.Millisecond)
	debug.FreeOSMemory()
	t.Logf("RssAnon: %d MB, the test's own included", rssAnon(t)>>20)
}

func timed(t testing.TB, fn func()) time.Duration {
	t.Helper()
	start := time.Now()
	fn()
	return time.Since(start)
}

// plainScorch indexes the captions with scorch as it comes, in a folder of its own, analysed
// as English: as bleve's default mapping does, with stored texts, doc values and a field of all
// fields, or lean, one field without any of those.
func plainScorch(t *testing.T, st *store.Store, options index.FieldIndexingOptions, all bool) {
	t.Helper()
	english, err := registry.NewCache().AnalyzerNamed(en.AnalyzerName)
	ok(t, err)
	queue := index.NewAnalysisQueue(runtime.GOMAXPROCS(0))
	defer queue.Close()
	x, err := scorch.NewScorch(scorch.Name, map[string]any{"path": filepath.Join(t.TempDir(), "plain")}, queue)
	ok(t, err)
	ok(t, x.Open())
	batch := index.NewBatch()
	ok(t, st.EachRecord(ctx, func(rec store.Record) error {
		doc := document.NewDocument(key(rec.Document.ID))
		for i, c := range rec.Captions {
			doc.AddField(document.NewTextFieldCustom("captions", []uint64{uint64(i)}, []byte(c.Text), options, english))
		}
		if all {
			doc.AddField(document.NewCompositeFieldWithIndexingOptions("_all", true, nil, nil, positions))
		}
		batch.Update(doc)
		if len(batch.IndexOps) < 1000 {
			return nil
		}
		defer batch.Reset()
		return x.Batch(batch)
	}))
	ok(t, x.Batch(batch))
	ok(t, x.Close())
}

// medianSearch searches by one to five words of the captions' distribution.
func medianSearch(t *testing.T, x *Index, z *zipf) time.Duration {
	t.Helper()
	var took []time.Duration
	for i := range 300 {
		var q Query
		for range 1 + i%5 {
			q.Words = append(q.Words, z.word())
		}
		took = append(took, timed(t, func() { find(t, x, q, 100, nil) }))
	}
	slices.Sort(took)
	t.Logf("95th percentile of searches: %v", took[len(took)*95/100])
	return took[len(took)/2]
}

// rssAnon returns the process's resident memory without mapped files, in bytes.
func rssAnon(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Skip("memory is measured on Linux alone: ", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), "RssAnon:"); found {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			ok(t, err)
			return kb << 10
		}
	}
	t.Fatal(fmt.Errorf("no RssAnon"))
	return 0
}
