package vector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

// savedDims is the length of the vectors of a library in these tests: short, so that there can be savedRows of them.
const savedDims = 6

// newLibrary returns a library of n documents with random vectors.
func newLibrary(t testing.TB, rng *rand.Rand, n int) (*store.Store, []store.ID) {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "l"), store.Options{Create: true})
	ok(t, err)
	t.Cleanup(func() { st.Close() })
	ok(t, st.SetModel(ctx, store.Model{ID: "m", Dims: savedDims}))
	entries := make([]store.Entry, n)
	for i := range entries {
		entries[i] = store.Entry{Document: store.Document{Path: fmt.Sprint("/", i)}, Vector: random(rng, savedDims)}
	}
	ids, err := st.Put(ctx, entries)
	ok(t, err)
	return st, ids
}

// checkEqual compares the answers of two indexes.
func checkEqual(t *testing.T, what string, want, got *Index) {
	t.Helper()
	rng := rand.New(rand.NewPCG(21, 22))
	if want.Len() != got.Len() {
		t.Errorf("%s: %d vectors, want %d", what, got.Len(), want.Len())
	}
	for range 50 {
		q := random(rng, savedDims)
		a, err := want.Search(ctx, q, 10, Options{})
		ok(t, err)
		b, err := got.Search(ctx, q, 10, Options{})
		ok(t, err)
		if d := cmp.Diff(a, b); d != "" {
			t.Fatalf("%s (-want +got):\n%s", what, d)
		}
	}
}

// What is saved is what is loaded, with all that has changed since, with and without a graph.
func TestSaveAndLoad(t *testing.T) {
	for _, kind := range []Kind{Exact, HNSW} {
		rng := rand.New(rand.NewPCG(1, 2))
		st, ids := newLibrary(t, rng, savedRows+100)
		x, err := Load(ctx, st, kind)
		ok(t, err)
		ok(t, st.Hide(ctx, ids[7], ids[savedRows]))
		ok(t, x.Sync(ctx))
		ok(t, x.Build(ctx))
		ok(t, x.Save(ctx))
		restored := load(t, st, kind)
		checkEqual(t, "just saved", x, restored)
		if s := restored.current.Load(); (s.graph != nil) != (kind == HNSW) || s.center.rows != x.current.Load().center.rows {
			t.Errorf("kind %q: restored with graph %v", kind, s.graph != nil)
		}

		ok(t, st.Unhide(ctx, ids[7]))
		ok(t, st.Hide(ctx, ids[3]))
		_, err = st.Put(ctx, []store.Entry{{Document: store.Document{Path: "/new"}, Vector: random(rng, savedDims)}})
		ok(t, err)
		ok(t, x.Sync(ctx))
		checkEqual(t, "changed since", x, load(t, st, kind))
	}
}

// A graph that is saved and not wanted any more, by an index of another kind or since so few vectors have one, is left
// alone in the file by who only reads, and left out by the next to save. Nothing is lost but the graph.
func TestLoadWithoutGraph(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	st, _ := newLibrary(t, rng, savedRows)
	x, err := Load(ctx, st, HNSW)
	ok(t, err)
	ok(t, x.Build(ctx))
	ok(t, x.Save(ctx))
	for _, kind := range []Kind{Exact, Auto} {
		y := load(t, st, kind)
		if y.current.Load().graph != nil || y.NeedsBuild() {
			t.Errorf("kind %q keeps the graph of %d vectors", kind, y.Len())
		}
		checkEqual(t, "without the graph", exactly(x), y)
		if z := load(t, st, HNSW); z.current.Load().graph == nil || z.NeedsBuild() {
			t.Errorf("reading it as kind %q took the graph from the file", kind)
		}
	}
	ok(t, load(t, st, Auto).Save(ctx))
	if z := load(t, st, HNSW); z.current.Load().graph != nil {
		t.Error("a graph that is not wanted is saved again")
	}
	checkEqual(t, "saved without it", exactly(x), load(t, st, Auto))
}

// load returns a new index of st, which must have been restored.
func load(t *testing.T, st *store.Store, kind Kind) *Index {
	t.Helper()
	x, err := Load(ctx, st, kind)
	ok(t, err)
	if x.savedSequence == 0 {
		t.Fatal("the index was not restored")
	}
	return x
}

// An index is saved when that saves time, not otherwise.
func TestSaveWhenWorthwhile(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	st, ids := newLibrary(t, rng, savedRows-1)
	x, err := Load(ctx, st, Exact)
	ok(t, err)
	saved := func() uint64 {
		t.Helper()
		ok(t, x.Sync(ctx))
		ok(t, x.Save(ctx))
		list, err := st.Snapshots()
		ok(t, err)
		if len(list) == 0 {
			return 0
		}
		return list[0].Sequence
	}
	if saved() != 0 {
		t.Error("a small index was saved")
	}
	_, err = st.Put(ctx, []store.Entry{{Document: store.Document{Path: "/new"}, Vector: random(rng, savedDims)}})
	ok(t, err)
	first := saved()
	if first != st.Sequence() {
		t.Errorf("saved at %d of %d", first, st.Sequence())
	}
	ok(t, st.Hide(ctx, ids[0]))
	if again := saved(); again != first {
		t.Errorf("saved again at %d after one change", again)
	}
	ok(t, st.Hide(ctx, ids[:savedRows/8]...))
	if again := saved(); again != st.Sequence() {
		t.Errorf("not saved again after many changes, but at %d", again)
	}
}

// A snapshot that is cut off, of another version, of other vectors or from the future is not used; the vectors are read
// instead.
func TestUnusableSnapshots(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	st, _ := newLibrary(t, rng, savedRows)
	x, err := Load(ctx, st, HNSW)
	ok(t, err)
	ok(t, x.Build(ctx))
	var whole bytes.Buffer
	ok(t, x.current.Load().write(&whole))
	good := store.SnapshotInfo{Version: snapshotVersion, Sequence: st.Sequence()}
	otherDims := bytes.Clone(whole.Bytes())
	otherDims[0]++
	for name, tc := range map[string]struct {
		info store.SnapshotInfo
		data []byte
	}{
		"cut off":       {good, whole.Bytes()[:whole.Len()-1]},
		"cut in codes":  {good, whole.Bytes()[:whole.Len()/2]},
		"empty":         {good, nil},
		"other dims":    {good, otherDims},
		"other version": {store.SnapshotInfo{Version: snapshotVersion + 1, Sequence: st.Sequence()}, whole.Bytes()},
		"future":        {store.SnapshotInfo{Version: snapshotVersion, Sequence: st.Sequence() + 1}, whole.Bytes()},
	} {
		ok(t, st.SaveSnapshot(ctx, SnapshotName, tc.info, func(w io.Writer) error {
			_, err := w.Write(tc.data)
			return err
		}))
		got, err := Load(ctx, st, HNSW)
		ok(t, err)
		if got.savedSequence != 0 {
			t.Errorf("%s: was used", name)
		}
		checkEqual(t, name, x, got)
	}
	ok(t, st.SaveSnapshot(ctx, SnapshotName, good, x.current.Load().write))
	checkEqual(t, "whole", x, load(t, st, HNSW))
}

// Whatever a snapshot holds, reading it ends with an error or with an index that can be searched.
func FuzzReadSnapshot(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	st, _ := newLibrary(f, rng, 600)
	x, err := Load(ctx, st, HNSW)
	ok(f, err)
	ok(f, x.Build(ctx))
	ok(f, x.Add(7, random(rng, savedDims))) // a tail, and a dead row
	var whole bytes.Buffer
	ok(f, x.current.Load().write(&whole))
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:100])
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readSnapshot(bytes.NewReader(data), st)
		if err != nil {
			return
		}
		y := New(savedDims, HNSW)
		y.current.Store(s)
		if _, err := y.Search(ctx, random(rng, savedDims), 10, Options{}); err != nil && !errors.Is(err, store.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}
