package vector

import (
	"path/filepath"
	"testing"

	"clipsearch/index/store"
)

// An index that is behind what the log still has starts anew.
func TestSyncPrunedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	st, err := store.Open(path, store.Options{Create: true})
	ok(t, err)
	ok(t, st.SetModel(ctx, store.Model{ID: "m", Dims: 2}))
	ids, err := st.Put(ctx, []store.Entry{
		{Document: store.Document{Path: "/a"}, Vector: []float32{1, 0}},
		{Document: store.Document{Path: "/b"}, Vector: []float32{0, 1}},
	})
	ok(t, err)
	ok(t, st.Hide(ctx, ids[0]))
	ok(t, st.Close())
	_, err = store.Compact(ctx, path, store.CompactOptions{})
	ok(t, err)
	st, err = store.Open(path, store.Options{})
	ok(t, err)
	defer st.Close()
	x := New(2, Auto)
	x.st, x.sequence = st, 1 // as restored from a copy made after the first change
	ok(t, x.Sync(ctx))
	if x.sequence != st.Sequence() || x.Len() != 1 {
		t.Errorf("%d vectors as of change %d, want 1 as of %d", x.Len(), x.sequence, st.Sequence())
	}
}
