package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"clipsearch/index/store"
)

// enough is more documents than Save needs, in whole batches of fillZipf.
const enough = (saveFrom/1000 + 1) * 1000

// savedLibrary returns a library with its snapshot, and the folder that it was made from.
func savedLibrary(t testing.TB) (st *store.Store, dir string) {
	t.Helper()
	st, dir = newLibrary(t)
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(51, 52)), 1000), enough)
	x := mustOpen(t, dir, st, Options{})
	ok(t, x.Save(ctx))
	ok(t, x.Close())
	return st, dir
}

// someQueries are answered by most documents, and by few.
var someQueries = []Query{words(spell(0) + " " + spell(40)), words(spell(700)), {Phrases: []string{spell(0) + " " + spell(1)}}, words("IMG 17")}

func answersOf(t testing.TB, x *Index) (all [][]Match) {
	t.Helper()
	for _, q := range someQueries {
		all = append(all, find(t, x, q, 50, nil))
	}
	return all
}

// openAgain opens dir and returns the index and how many documents that took to index.
func openAgain(t testing.TB, dir string, st *store.Store, readOnly bool) (*Index, int) {
	t.Helper()
	var c counter
	x, err := Open(ctx, dir, st, c.options(readOnly))
	ok(t, err)
	t.Cleanup(func() { x.Close() })
	return x, c.total
}

func TestRestore(t *testing.T) {
	privateTemp(t)
	st, dir := savedLibrary(t)
	want := answersOf(t, mustOpen(t, dir, st, Options{ReadOnly: true}))
	for _, readOnly := range []bool{false, true} {
		elsewhere := filepath.Join(t.TempDir(), "cache")
		x, indexed := openAgain(t, elsewhere, st, readOnly)
		diff(t, "indexed", 0, indexed)
		diff(t, "answers", want, answersOf(t, x))
		ok(t, x.Close())
		x, indexed = openAgain(t, elsewhere, st, readOnly)
		diff(t, "indexed the second time", 0, indexed)
		ok(t, x.Close())
		if _, err := os.Stat(filepath.Join(elsewhere, "restoring")); err == nil {
			t.Error("the temporary folder is left behind")
		}
	}
	somePictures(t, st, 7)
	x, indexed := openAgain(t, filepath.Join(t.TempDir(), "cache"), st, false)
	diff(t, "indexed after the snapshot", 7, indexed)
	diff(t, "found", 7, len(found(t, x, words("dog"))))
}

// A folder that cannot be used doesn't keep the snapshot from being used.
func TestRestoreToTemporaryFolder(t *testing.T) {
	privateTemp(t)
	st, _ := savedLibrary(t)
	blocked := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(blocked, nil, 0o600))
	x, indexed := openAgain(t, filepath.Join(blocked, "cache"), st, true)
	diff(t, "indexed", 0, indexed)
	diff(t, "temporary", true, x.folder.temporary)
	diff(t, "documents", enough, x.Len())
}

// A process that was killed while it restored leaves nothing that matters.
func TestRestoreAfterCrash(t *testing.T) {
	privateTemp(t)
	st, _ := savedLibrary(t)
	dir := t.TempDir()
	ok(t, os.MkdirAll(filepath.Join(dir, "restoring", "x"), 0o700))
	ok(t, os.WriteFile(originPath(dir), nil, 0o600)) // written before the folder gets its name
	x, indexed := openAgain(t, dir, st, false)
	diff(t, "indexed", 0, indexed)
	diff(t, "documents", enough, x.Len())
}

func TestSaveOnlyIfWorthIt(t *testing.T) {
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{})
	sequence := func() uint64 {
		ok(t, x.Sync(ctx))
		ok(t, x.Save(ctx))
		saved, err := x.saved()
		ok(t, err)
		return saved
	}
	somePictures(t, st, 10)
	diff(t, "little", uint64(0), sequence())
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(53, 54)), 1000), enough)
	first := st.Sequence()
	diff(t, "much", first, sequence())
	somePictures(t, st, 10)
	diff(t, "little changed", first, sequence())
	for range saveFrom / 10 {
		ok(t, st.SetTags(ctx, tagged(10, "a")))
		ok(t, st.SetTags(ctx, tagged(10, "b")))
	}
	diff(t, "much changed", st.Sequence(), sequence())
}

// packed returns the snapshot's bytes.
func packed(t testing.TB, st *store.Store) []byte {
	t.Helper()
	var data []byte
	ok(t, st.LoadSnapshot(ctx, SnapshotName, func(_ store.SnapshotInfo, r io.Reader) (err error) {
		data, err = io.ReadAll(r)
		return err
	}))
	return data
}

// blocksOf packs files given as name, content, name, content, …
func blocksOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	p, err := newPacker(&b)
	ok(t, err)
	ok(t, p.root.Close())
	ok(t, os.Remove(p.root.Name()))
	for i := 0; i < len(files); i += 2 {
		w := &blockWriter{p: p, name: files[i]}
		_, err := io.WriteString(w, files[i+1])
		ok(t, err)
		ok(t, w.Close())
	}
	return append(b.Bytes(), 0)
}

// Whatever the snapshot holds, the index is the one that the documents make, and nothing
// is written outside of its folder.
func TestUselessSnapshot(t *testing.T) {
	privateTemp(t)
	st, dir := savedLibrary(t)
	want := answersOf(t, mustOpen(t, dir, st, Options{ReadOnly: true}))
	good := packed(t, st)
	const zap = "000000000001.zap"
	for name, data := range map[string][]byte{
		"empty":             {},
		"no files":          {0},
		"cut off":           good[:len(good)/2],
		"cut off in a name": {7, 'r', 'o'},
		"noise":             noise(bytes.Clone(good)),
		"long name":         {200},
		"up":                blocksOf(t, "../../outside", "x"),
		"absolute":          blocksOf(t, filepath.Join(os.TempDir(), "outside"), "x"),
		"other name":        blocksOf(t, "lock", "x"),
		"twice":             blocksOf(t, zap, "x", rootFile, "y", zap, "z"),
		"long block":        {4, 'r', 'o', 'o', 't', 0xff, 0xff, 0xff, 0xff, 0x7f},
		"long packed block": append(append([]byte{9}, rootFile...), 1, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"short block":       append(append([]byte{9}, rootFile...), 9, 1, 0),
		"garbage files":     blocksOf(t, zap, "garbage", rootFile, strings.Repeat("garbage", 10_000)),
		"no segments":       blocksOf(t, rootFile, ""),
		"bomb":              bytes.Repeat(bytes.TrimSuffix(blocksOf(t, zap, strings.Repeat("\x00", blockBytes)), []byte{0}), 200),
	} {
		t.Run(name, func(t *testing.T) {
			info := store.SnapshotInfo{Version: snapshotVersion, Sequence: st.Sequence()}
			ok(t, st.SaveSnapshot(ctx, SnapshotName, info, func(w io.Writer) error { _, err := w.Write(data); return err }))
			base := t.TempDir()
			x, indexed := openAgain(t, filepath.Join(base, "cache"), st, false)
			diff(t, "indexed", enough, indexed)
			diff(t, "answers", want, answersOf(t, x))
			ok(t, x.Close())
			for _, pattern := range []string{filepath.Join(os.TempDir(), "clipsearch-*"), filepath.Join(os.TempDir(), "outside"), filepath.Join(base, "[^c]*"), filepath.Join(base, "cache", "[^sl]*")} {
				if left, _ := filepath.Glob(pattern); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			}
		})
	}
}

// A folder that was restored and not closed since may be what its user died of: the next one makes the index anew, unless
// others use the folder now.
func TestDiedOfSnapshot(t *testing.T) {
	privateTemp(t)
	st, dir := savedLibrary(t)
	want := answersOf(t, mustOpen(t, dir, st, Options{ReadOnly: true}))
	for _, readOnly := range []bool{false, true} {
		elsewhere := filepath.Join(t.TempDir(), "cache")
		x, indexed := openAgain(t, elsewhere, st, readOnly)
		diff(t, "indexed", 0, indexed)
		if readOnly { // beside it
			other, indexed := openAgain(t, elsewhere, st, true)
			diff(t, "indexed beside it", 0, indexed)
			defer other.Close()
		}
		left := filepath.Join(t.TempDir(), "cache") // what a kill leaves
		ok(t, os.CopyFS(left, os.DirFS(elsewhere)))
		diff(t, "on trial", true, onTrial(left))
		y, indexed := openAgain(t, left, st, readOnly)
		diff(t, "indexed after a kill", enough, indexed)
		diff(t, "answers", want, answersOf(t, y))
		diff(t, "restored", false, fromSnapshot(left))
		ok(t, y.Close())
		ok(t, x.Close())
		diff(t, "on trial when closed", false, onTrial(elsewhere))
	}
}

// A folder that turns out to be damaged is restored, unless it came from the snapshot,
// which must then be the reason: it passed its checksums, so it was damaged when it was made.
func TestDamagedFolder(t *testing.T) {
	privateTemp(t)
	st, dir := savedLibrary(t)
	intact := mustOpen(t, dir, st, Options{ReadOnly: true})
	want := answersOf(t, intact)
	ok(t, intact.Close())
	for _, tc := range []struct {
		dir     string
		indexed int
	}{{dir, 0}, {dir, enough}, {filepath.Join(t.TempDir(), "cache"), enough}} {
		var c counter
		x, err := Open(ctx, tc.dir, st, c.options(true)) // which doesn't merge segments
		ok(t, err)
		for _, path := range glob(t, tc.dir, "*.zap") {
			ok(t, os.Truncate(path, 100)) // page faults from here on
		}
		diff(t, "answers", want, answersOf(t, x))
		diff(t, "indexed", tc.indexed, c.total)
		diff(t, "restored", tc.indexed == 0, fromSnapshot(tc.dir))
		ok(t, x.Close())
	}
}

// A snapshot that is far newer than the folder replaces it; else the log is read.
func TestRestoreOverOldFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 20,000 changes; run without -short")
	}
	privateTemp(t)
	st, dir := newLibrary(t)
	somePictures(t, st, 3)
	ok(t, mustOpen(t, dir, st, Options{}).Close())
	other := filepath.Join(t.TempDir(), "cache")
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(55, 56)), 1000), enough)
	x := mustOpen(t, other, st, Options{})
	ok(t, x.Save(ctx))
	_, indexed := openAgain(t, dir, st, true)
	diff(t, "indexed", enough, indexed)

	for round := range 10 {
		ok(t, st.SetTags(ctx, tagged(enough, fmt.Sprint("tag", round))))
	}
	ok(t, x.Sync(ctx))
	ok(t, x.Save(ctx))
	_, indexed = openAgain(t, dir, st, false)
	diff(t, "indexed after so many changes", 0, indexed)
}

func TestSaveReadOnly(t *testing.T) {
	st, dir := newLibrary(t)
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(57, 58)), 1000), enough)
	path := st.Path()
	ok(t, st.Close())
	st, err := store.Open(path, store.Options{ReadOnly: true})
	ok(t, err)
	t.Cleanup(func() { st.Close() })
	x := mustOpen(t, dir, st, Options{ReadOnly: true})
	if err := x.Save(ctx); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("save: %v", err)
	}
}

// The index is saved as it was, while it is searched and changed.
func TestSaveBesideChanges(t *testing.T) {
	st, dir := newLibrary(t)
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(59, 60)), 1000), enough)
	x := mustOpen(t, dir, st, Options{})
	saved := make(chan error)
	go func() { saved <- x.Save(ctx) }()
	for i := range 20 {
		somePictures(t, st, 5)
		ok(t, x.Sync(ctx))
		diff(t, "found", 5*(i+1), len(found(t, x, words("dog"))))
	}
	ok(t, <-saved)
	y, _ := openAgain(t, filepath.Join(t.TempDir(), "cache"), st, false)
	diff(t, "found", 100, len(found(t, y, words("dog"))))
	diff(t, "documents", enough+100, y.Len())
}

func FuzzUnpack(f *testing.F) {
	f.Add(blocksOf(f, "000000000001.zap", "some text", rootFile, "x"))
	f.Add([]byte{4, 'r', 'o'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		base := t.TempDir()
		err := unpack(ctx, bytes.NewReader(data), filepath.Join(base, "in"), int64(len(data)))
		entries, readErr := os.ReadDir(base)
		ok(t, readErr)
		diff(t, "folders", 1, len(entries))
		if err != nil && !errors.Is(err, errPacked) && !errors.Is(err, os.ErrExist) {
			t.Errorf("error %v", err)
		}
		files, readErr := os.ReadDir(filepath.Join(base, "in"))
		ok(t, readErr)
		if slices.ContainsFunc(files, func(e os.DirEntry) bool { return !fileName.MatchString(e.Name()) }) {
			t.Errorf("files %v", files)
		}
	})
}

func TestBackground(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(61, 62)), 1000), enough)
	x := mustOpen(t, dir, st, Options{ReadOnly: true, Background: true})
	if x.Ready() {
		t.Error("ready at once")
	}
	if _, err := x.Search(ctx, words("dog"), 5, nil); !errors.Is(err, ErrNotReady) {
		t.Errorf("search: %v", err)
	}
	if _, err := x.Terms(ctx, words("dog"), nil); !errors.Is(err, ErrNotReady) {
		t.Errorf("terms: %v", err)
	}
	diff(t, "documents", 0, x.Len())
	ok(t, x.Wait(ctx))
	diff(t, "ready", true, x.Ready())
	diff(t, "documents", enough, x.Len())
	want := answersOf(t, x)

	for _, path := range glob(t, dir, "*.zap") {
		ok(t, os.Truncate(path, 100)) // page faults from here on
	}
	if _, err := x.Search(ctx, someQueries[0], 5, nil); !errors.Is(err, ErrNotReady) {
		t.Errorf("search of a damaged index: %v", err)
	}
	ok(t, x.Wait(ctx))
	diff(t, "answers of the mended index", want, answersOf(t, x))
	ok(t, x.Close())
	if _, err := x.Search(ctx, words("dog"), 5, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("search: %v", err)
	}
}

// Closing ends what goes on in the background; the next one goes on where it ended.
func TestCloseWhileOpening(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	fillZipf(t, st, newZipf(rand.New(rand.NewPCG(63, 64)), 1000), 4*batchSize)
	first := make(chan bool, 100)
	x, err := Open(ctx, dir, st, Options{Background: true, Progress: func(int, int) { first <- true }})
	ok(t, err)
	<-first
	ok(t, x.Close())
	if err := x.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("opening ended with %v", err)
	}
	y, indexed := openAgain(t, dir, st, false)
	if indexed == 0 || indexed >= 4*batchSize {
		t.Errorf("indexed %d documents", indexed)
	}
	diff(t, "documents", 4*batchSize, y.Len())
}

// tagged gives the first n documents a tag.
func tagged(n int, tag string) map[store.ID]store.Tags {
	all := map[store.ID]store.Tags{}
	for id := range store.ID(n) {
		all[id+1] = store.Tags{All: []string{tag}}
	}
	return all
}
