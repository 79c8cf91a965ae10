package text

import (
	"os"
	"strings"
	"testing"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

func TestCheck(t *testing.T) {
	privateTemp(t)
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, dir string, st *store.Store, ids []store.ID)
		want  []string // a part of each problem
	}{
		"good": {func(*testing.T, string, *store.Store, []store.ID) {}, nil},
		"behind": {func(t *testing.T, _ string, st *store.Store, ids []store.ID) {
			ok(t, st.Hide(ctx, ids[0]))
			somePictures(t, st, 3)
		}, nil},
		"none": {func(t *testing.T, dir string, _ *store.Store, _ []store.ID) { ok(t, os.RemoveAll(dir)) }, nil},
		"damaged": {func(t *testing.T, dir string, _ *store.Store, _ []store.ID) { overwrite(t, dir, "*.zap", noise) },
			nil}, // as scorch passes over all of it, nothing is left, and Open makes it anew
		"another library's": {func(t *testing.T, dir string, _ *store.Store, _ []store.ID) {
			setState(t, dir, func(s *state) { s.Library = strings.Repeat("0", 32) })
		}, nil},
		"wrong sums": {func(t *testing.T, dir string, _ *store.Store, _ []store.ID) {
			e, err := openEngine(indexDir(dir), false)
			ok(t, err)
			e.state.Fields[fieldTyped] = fieldStats{1, 2}
			ok(t, e.apply(nil, e.state.Library, e.state.Sequence))
			ok(t, e.flush(ctx))
			ok(t, e.close())
		}, []string{"sums of words"}},
		"a document missing": {func(t *testing.T, dir string, _ *store.Store, ids []store.ID) {
			changeEngine(t, dir, func(b *index.Batch) { b.Delete(key(ids[4])) })
		}, []string{"picture 5 is missing", "19 pictures, the library 20"}},
		"a hidden document": {func(t *testing.T, dir string, st *store.Store, ids []store.ID) {
			records, err := st.Records(ids[6:7])
			ok(t, err)
			a, err := newAnalyzers()
			ok(t, err)
			done := a.analyzeRecord(&records[0])
			ok(t, st.Hide(ctx, ids[6]))
			ok(t, mustOpen(t, dir, st, Options{}).Close())
			changeEngine(t, dir, func(b *index.Batch) { b.Update(done.document) })
		}, []string{"picture 7 is hidden", "20 pictures, the library 19"}},
		"other words": {func(t *testing.T, dir string, st *store.Store, ids []store.ID) {
			a, err := newAnalyzers()
			ok(t, err)
			done := a.analyzeRecord(&store.Record{Document: store.Document{ID: ids[1], Path: "x"}})
			changeEngine(t, dir, func(b *index.Batch) { b.Update(done.document) })
		}, []string{"picture 2 has"}},
	} {
		t.Run(name, func(t *testing.T) {
			st, dir := newLibrary(t)
			ids := somePictures(t, st, 20)
			ok(t, mustOpen(t, dir, st, Options{}).Close())
			tc.spoil(t, dir, st, ids)
			got, err := Check(ctx, dir, st)
			ok(t, err)
			diff(t, "problems", len(tc.want), len(got))
			for i := range min(len(got), len(tc.want)) {
				if !strings.Contains(got[i], tc.want[i]) {
					t.Errorf("problem %q, want %q", got[i], tc.want[i])
				}
			}
			ok(t, Discard(ctx, dir))
			ok(t, mustOpen(t, dir, st, Options{}).Close())
			got, err = Check(ctx, dir, st)
			ok(t, err)
			diff(t, "problems after discarding", 0, len(got))
		})
	}
}

// changeEngine changes documents behind the index's back.
func changeEngine(t *testing.T, dir string, fn func(*index.Batch)) {
	t.Helper()
	e, err := openEngine(indexDir(dir), false)
	ok(t, err)
	batch := index.NewBatch()
	fn(batch)
	ok(t, e.submit(batch))
	ok(t, e.apply(nil, e.state.Library, e.state.Sequence)) // what flush waits for
	ok(t, e.flush(ctx))
	ok(t, e.close())
}

func TestDiscardInUse(t *testing.T) {
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{ReadOnly: true})
	somePictures(t, st, 1)
	if err := Discard(ctx, dir); err == nil {
		t.Error("no error")
	}
	ok(t, x.Sync(ctx))
	diff(t, "found", 1, len(found(t, x, words("dog"))))
}
