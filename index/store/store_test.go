package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var ctx = context.Background()

// newStore makes a library with a model of 4 dimensions, closed at the end of the test.
func newStore(t testing.TB) *Store {
	t.Helper()
	s := mustOpen(t, filepath.Join(t.TempDir(), "l.clipsearch"), Options{Create: true})
	ok(t, s.SetModel(ctx, Model{ID: "clip-test", Dir: "/models/test", Dims: 4}))
	return s
}

func mustOpen(t testing.TB, path string, opts Options) *Store {
	t.Helper()
	s, err := Open(path, opts)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error, words ...string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
	for _, w := range words {
		if err != nil && !strings.Contains(err.Error(), w) {
			t.Errorf("error %q doesn't say %q", err, w)
		}
	}
}

func diff(t testing.TB, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return // cmp takes a microsecond a byte
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// fullEntry has a value in every field.
func fullEntry(path string) Entry {
	return Entry{
		Document: Document{
			Path: path, Root: "/pictures", Size: 12345,
			ModTime: time.Date(2024, 2, 3, 4, 5, 6, 789, time.UTC),
			Hash:    [32]byte{1, 2, 3, 31: 9},
			Format:  "jpeg", Width: 640, Height: 480,
			Taken:  time.Date(1969, 5, 1, 10, 0, 0, 0, time.UTC),
			Camera: "Nokia N9", Latitude: -33.5, Longitude: 151.25, HasGPS: true,
			Place: "Sydney, Australia", Tags: []string{"dog", "", "snow"}, Labels: []string{"snow"},
		},
		Captions: []Caption{
			{Text: "a dog runs in the snow", Source: "file"},
			{Text: "ein Hund läuft im Schnee", Source: "sidecar", Lang: "de"},
		},
		Vector: []float32{0, 3, 4, 0},
		Thumb:  []byte("\xff\xd8 thumbnail"),
	}
}

// putPaths stores documents that have nothing but a path and a hash made of it.
func putPaths(t testing.TB, s *Store, paths ...string) []ID {
	t.Helper()
	var entries []Entry
	for _, p := range paths {
		d := Document{Path: p}
		copy(d.Hash[:], p)
		entries = append(entries, Entry{Document: d})
	}
	ids, err := s.Put(ctx, entries)
	ok(t, err)
	return ids
}

func TestPutAndReadBack(t *testing.T) {
	s := newStore(t)
	entry := fullEntry("/pictures/\xff\xfe not UTF-8.jpg")
	before := time.Now()
	ids, err := s.Put(ctx, []Entry{entry, {Document: Document{Path: "/p/bare.png"}}})
	ok(t, err)
	diff(t, "ids", []ID{1, 2}, ids)
	for _, reopened := range []bool{false, true} {
		if reopened {
			path := s.Path()
			ok(t, s.Close())
			s = mustOpen(t, path, Options{ReadOnly: true})
		}
		got, err := s.Document(1)
		ok(t, err)
		if got.Indexed.Before(before.Add(-time.Second)) || got.Indexed.After(time.Now()) {
			t.Errorf("indexed at %v", got.Indexed)
		}
		want := entry.Document
		want.ID, want.Indexed = 1, got.Indexed
		diff(t, "document", want, got)
		captions, err := s.Captions(1)
		ok(t, err)
		diff(t, "captions", entry.Captions, captions)
		thumb, err := s.Thumbnail(1)
		ok(t, err)
		diff(t, "thumbnail", entry.Thumb, thumb)
		v, err := s.Vector(1)
		ok(t, err)
		checkUnit(t, v, []float32{0, 0.6, 0.8, 0})
		byPath, err := s.ByPath(entry.Document.Path)
		ok(t, err)
		diff(t, "by path", want, byPath)
		byHash, err := s.ByHash(entry.Document.Hash)
		ok(t, err)
		diff(t, "by hash", []ID{1}, byHash)
		records, err := s.Records([]ID{2, 99, 1})
		ok(t, err)
		if len(records) != 2 || records[0].Document.ID != 2 || records[1].Document.ID != 1 || len(records[1].Captions) != 2 {
			t.Errorf("records %+v", records)
		}
		for _, f := range []func() (any, error){
			func() (any, error) { c, err := s.Captions(2); return c == nil, err },
			func() (any, error) { c, err := s.Thumbnail(2); return c == nil, err },
			func() (any, error) { c, err := s.Vector(2); return c == nil, err },
		} {
			isNil, err := f()
			ok(t, err)
			diff(t, "nil", true, isNil)
		}
		diff(t, "model", Model{ID: "clip-test", Dir: "/models/test", Dims: 4}, s.Model())
		diff(t, "sequence", uint64(2), s.Sequence())
		if len(s.LibraryID()) != 32 {
			t.Errorf("library ID %q", s.LibraryID())
		}
	}
}

func checkUnit(t testing.TB, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("vector of %d values, want %d", len(got), len(want))
	}
	var norm float64
	for i := range got {
		norm += float64(got[i]) * float64(got[i])
		if math.Abs(float64(got[i]-want[i])) > 1e-3 {
			t.Errorf("vector[%d] = %v, want %v", i, got[i], want[i])
		}
	}
	if math.Abs(norm-1) > 1e-6 {
		t.Errorf("squared norm %v", norm)
	}
}

func TestUnknownDocument(t *testing.T) {
	s := newStore(t)
	_, err := s.Document(7)
	wantErr(t, err, ErrNoDocument, "7", s.Path())
	_, err = s.Captions(7)
	wantErr(t, err, ErrNoDocument)
	_, err = s.Thumbnail(7)
	wantErr(t, err, ErrNoDocument)
	_, err = s.Vector(7)
	wantErr(t, err, ErrNoDocument)
	_, err = s.ByPath("/none")
	wantErr(t, err, ErrNoDocument, "/none")
	_, err = s.ByPath("")
	wantErr(t, err, ErrNoDocument)
	wantErr(t, s.Hide(ctx, 7), ErrNoDocument, "7")
	wantErr(t, s.Unhide(ctx, 7), ErrNoDocument)
	wantErr(t, s.Move(ctx, []Relocation{{ID: 7, Path: "/x"}}), ErrNoDocument)
	wantErr(t, s.Touch(ctx, map[ID]Stat{7: {}}), ErrNoDocument)
	wantErr(t, s.SetCaptions(ctx, map[ID][]Caption{7: nil}), ErrNoDocument)
	wantErr(t, s.SetTags(ctx, map[ID]Tags{7: {}}), ErrNoDocument)
	wantErr(t, s.SetVectors(ctx, map[ID][]float32{7: {1, 0, 0, 0}}), ErrNoDocument)
	_, err = s.Put(ctx, []Entry{{Document: Document{ID: 7, Path: "/x"}}})
	wantErr(t, err, ErrNoDocument, "/x")
	_, err = s.Put(ctx, []Entry{{Document: Document{Path: "/x"}, CopyOf: 7}})
	wantErr(t, err, ErrNoDocument, "/x", "7")
	ok(t, s.Forget(ctx, 7))
	diff(t, "sequence", uint64(0), s.Sequence())
}

func TestPutRefuses(t *testing.T) {
	s := newStore(t)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tc := range []struct {
		name  string
		entry Entry
		want  error
		words []string
	}{
		{"short vector", Entry{Document: Document{Path: "/a"}, Vector: []float32{1}}, ErrVector, []string{"/a", "1 values", "4"}},
		{"zero vector", Entry{Document: Document{Path: "/a"}, Vector: make([]float32, 4)}, ErrVector, []string{"/a"}},
		{"NaN", Entry{Document: Document{Path: "/a"}, Vector: []float32{1, nan, 0, 0}}, ErrVector, []string{"/a", "NaN"}},
		{"infinity", Entry{Document: Document{Path: "/a"}, Vector: []float32{1, inf, 0, 0}}, ErrVector, []string{"/a"}},
		{"empty path", Entry{}, ErrPath, nil},
		{"NUL", Entry{Document: Document{Path: "/a\x00b"}}, ErrPath, []string{"NUL"}},
		{"long path", Entry{Document: Document{Path: strings.Repeat("x", maxPath+1)}}, ErrPath, nil},
		{"taken path", Entry{Document: Document{Path: "/good"}}, ErrPath, []string{"/good"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// A good entry in the same batch must not be stored either.
			_, err := s.Put(ctx, []Entry{{Document: Document{Path: "/good"}}, tc.entry})
			wantErr(t, err, tc.want, append(tc.words, s.Path())...)
			_, err = s.ByPath("/good")
			wantErr(t, err, ErrNoDocument)
		})
	}
	ids := putPaths(t, s, "/first")
	diff(t, "IDs of failed writes are free", []ID{1}, ids)
	ok(t, s.Close())
	_, err := s.Put(ctx, []Entry{{Document: Document{Path: "/late"}}})
	wantErr(t, err, ErrClosed)
}

func TestPutWithoutModel(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "l"), Options{Create: true})
	_, err := s.Put(ctx, []Entry{{Document: Document{Path: "/a"}, Vector: []float32{1}}})
	wantErr(t, err, ErrVector, "/a", "no model")
	diff(t, "model", Model{}, s.Model())
	putPaths(t, s, "/a")
	ok(t, s.SetModel(ctx, Model{ID: "m", Dims: 2}))
	ok(t, s.SetModel(ctx, Model{ID: "n", Dims: 3})) // still no vectors
	ok(t, s.SetVectors(ctx, map[ID][]float32{1: {0, 0, 5}}))
	v, err := s.Vector(1)
	ok(t, err)
	diff(t, "vector", []float32{0, 0, 1}, v)
	wantErr(t, s.SetModel(ctx, Model{ID: "m", Dims: 3}), ErrModel, "m", "n")
	wantErr(t, s.SetModel(ctx, Model{ID: "n", Dims: 2}), ErrModel, "3 values", "with 2")
	wantErr(t, s.SetModel(ctx, Model{}), ErrModel)
	ok(t, s.SetModel(ctx, Model{ID: "n", Dir: "/moved", Dims: 3}))
	diff(t, "model", Model{ID: "n", Dir: "/moved", Dims: 3}, s.Model())
	var files []File
	ok(t, s.EachFile(ctx, func(f File) error { files = append(files, f); return nil }))
	if len(files) != 1 || !files[0].HasVector {
		t.Errorf("files %+v", files)
	}
}

func TestPutReplaces(t *testing.T) {
	s := newStore(t)
	ids, err := s.Put(ctx, []Entry{fullEntry("/a")})
	ok(t, err)
	ok(t, s.Hide(ctx, ids[0]))
	entry := Entry{Document: Document{ID: ids[0], Path: "/b", Hash: [32]byte{7}}}
	_, err = s.Put(ctx, []Entry{entry})
	ok(t, err)
	d, err := s.ByPath("/b")
	ok(t, err)
	want := entry.Document
	want.Indexed, want.Hidden = d.Indexed, true
	diff(t, "document", want, d)
	_, err = s.ByPath("/a")
	wantErr(t, err, ErrNoDocument)
	byHash, err := s.ByHash(fullEntry("").Document.Hash)
	ok(t, err)
	diff(t, "old hash", []ID(nil), byHash)
	captions, err := s.Captions(ids[0])
	ok(t, err)
	diff(t, "captions", []Caption(nil), captions)
	v, err := s.Vector(ids[0])
	ok(t, err)
	diff(t, "vector", []float32(nil), v)
	thumb, err := s.Thumbnail(ids[0])
	ok(t, err)
	diff(t, "thumb", []byte(nil), thumb)
}

// A copy, and a document stored again with its metadata changed, keep the very bits
// of the vector: normalising twice need not give the same half-precision numbers.
func TestCopyOf(t *testing.T) {
	s := newStore(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 50 {
		e := fullEntry(fmt.Sprintf("/orig%d", i))
		e.Vector = []float32{rng.Float32(), rng.Float32(), rng.Float32(), rng.Float32()}
		ids, err := s.Put(ctx, []Entry{e})
		ok(t, err)
		want, err := s.Vector(ids[0])
		ok(t, err)
		d := Document{Path: fmt.Sprintf("/copy%d", i), Hash: e.Document.Hash}
		copies, err := s.Put(ctx, []Entry{
			{Document: d, CopyOf: ids[0]},
			{Document: Document{ID: ids[0], Path: e.Document.Path}, CopyOf: ids[0]},
		})
		ok(t, err)
		for _, id := range copies {
			got, err := s.Vector(id)
			ok(t, err)
			diff(t, "vector", want, got)
			thumb, err := s.Thumbnail(id)
			ok(t, err)
			diff(t, "thumb", e.Thumb, thumb)
		}
	}
}

func TestOnePathOneSearchableDocument(t *testing.T) {
	s := newStore(t)
	ids := putPaths(t, s, "/a", "/b", "/c")
	_, err := s.Put(ctx, []Entry{{Document: Document{Path: "/a"}}})
	wantErr(t, err, ErrPath, "/a")
	wantErr(t, s.Move(ctx, []Relocation{{ID: ids[0], Path: "/b"}}), ErrPath, "/b")

	// Two names swapped, at once.
	ok(t, s.Move(ctx, []Relocation{{ID: ids[0], Path: "/b"}, {ID: ids[1], Path: "/a", Root: "/"}}))
	d, err := s.ByPath("/a")
	ok(t, err)
	diff(t, "id at /a", ids[1], d.ID)
	diff(t, "root", "/", d.Root)

	// A new file where one vanished, then the old one comes back.
	ok(t, s.Hide(ctx, ids[2]))
	ok(t, s.Hide(ctx, ids[2]))
	fresh := putPaths(t, s, "/c")[0]
	d, err = s.ByPath("/c")
	ok(t, err)
	diff(t, "id at /c", fresh, d.ID)
	wantErr(t, s.Unhide(ctx, ids[2]), ErrPath, "/c")
	ok(t, s.Hide(ctx, fresh))
	d, err = s.ByPath("/c")
	ok(t, err)
	diff(t, "newest hidden", fresh, d.ID)
	ok(t, s.Unhide(ctx, ids[2], ids[2]))
	d, err = s.ByPath("/c")
	ok(t, err)
	diff(t, "searchable first", ids[2], d.ID)

	// "/a" is no prefix of "/a/x" as far as paths are concerned.
	putPaths(t, s, "/a/x", "/a\x01")
	d, err = s.ByPath("/a")
	ok(t, err)
	diff(t, "id at /a", ids[1], d.ID)
}

func TestMoveKeepsEverythingElse(t *testing.T) {
	s := newStore(t)
	ids, err := s.Put(ctx, []Entry{fullEntry("/a")})
	ok(t, err)
	before, err := s.Document(ids[0])
	ok(t, err)
	later := before.ModTime.Add(time.Hour)
	ok(t, s.Move(ctx, []Relocation{{ID: ids[0], Path: "/z", Root: "/r", ModTime: later}}))
	want := before
	want.Path, want.Root, want.ModTime = "/z", "/r", later
	got, err := s.Document(ids[0])
	ok(t, err)
	diff(t, "document", want, got)
	ok(t, s.Move(ctx, []Relocation{{ID: ids[0], Path: "/y", Root: "/r"}}))
	ok(t, s.Touch(ctx, map[ID]Stat{ids[0]: {Size: 9, ModTime: before.ModTime}}))
	want.Path, want.ModTime, want.Size = "/y", before.ModTime, 9
	got, err = s.Document(ids[0])
	ok(t, err)
	diff(t, "document", want, got)
	var files []File
	ok(t, s.EachFile(ctx, func(f File) error { files = append(files, f); return nil }))
	diff(t, "files", []File{{Path: "/y", ID: ids[0], Size: 9, ModTime: before.ModTime, Hash: before.Hash, HasVector: true}}, files)
	v, err := s.Vector(ids[0])
	ok(t, err)
	checkUnit(t, v, []float32{0, 0.6, 0.8, 0})
}

func TestChanges(t *testing.T) {
	s := newStore(t)
	ids := putPaths(t, s, "/a", "/b")
	ok(t, s.Hide(ctx, ids[0], ids[0]))
	ok(t, s.Unhide(ctx, ids[0], ids[0]))
	ok(t, s.Move(ctx, []Relocation{{ID: ids[1], Path: "/c"}}))
	captions := map[ID][]Caption{ids[1]: {{Text: "x"}}, ids[0]: {{Text: "y"}}}
	ok(t, s.SetCaptions(ctx, captions))
	ok(t, s.SetCaptions(ctx, captions)) // the same: not logged
	ok(t, s.SetTags(ctx, map[ID]Tags{ids[0]: {All: []string{"t"}}}))
	ok(t, s.SetTags(ctx, map[ID]Tags{ids[0]: {All: []string{"t"}}}))
	ok(t, s.Touch(ctx, map[ID]Stat{ids[0]: {Size: 1}}))
	ok(t, s.SetVectors(ctx, map[ID][]float32{ids[0]: {1, 1, 1, 1}}))
	ok(t, s.Forget(ctx, ids[1], ids[1]))
	want := []Change{
		{1, OpPut, 1}, {2, OpPut, 2}, {3, OpHide, 1}, {4, OpUnhide, 1}, {5, OpMove, 2},
		{6, OpCaptions, 1}, {7, OpCaptions, 2}, {8, OpTags, 1}, {9, OpVector, 1}, {10, OpForget, 2},
	}
	for from := range uint64(12) {
		got := []Change{}
		ok(t, s.Changes(ctx, from, func(c Change) error { got = append(got, c); return nil }))
		diff(t, fmt.Sprint("changes from ", from), want[min(int(from), len(want)):], got)
	}
	diff(t, "sequence", uint64(10), s.Sequence())
	_, err := s.Document(ids[1])
	wantErr(t, err, ErrNoDocument)
	diff(t, "IDs are not used again", []ID{3}, putPaths(t, s, "/c"))
}

func TestSkips(t *testing.T) {
	s := newStore(t)
	when := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	skips := []Skip{
		{Path: "/b.jpg", Size: 10, ModTime: when, Reason: "truncated", Detail: "decode /b.jpg: unexpected EOF", When: when},
		{Path: "/a.jpg", Reason: "not a picture", When: when},
		{Path: "/c.jpg", Reason: "truncated", When: when},
	}
	ok(t, s.PutSkips(ctx, skips))
	putPaths(t, s, "/c.jpg") // readable now
	read := func() (got []Skip) {
		ok(t, s.EachSkip(ctx, func(sk Skip) error { got = append(got, sk); return nil }))
		return got
	}
	diff(t, "skips", []Skip{skips[1], skips[0]}, read())
	ok(t, s.RemoveSkips(ctx, "/a.jpg", "/none"))
	diff(t, "skips", []Skip{skips[0]}, read())
	wantErr(t, s.PutSkips(ctx, []Skip{{}}), ErrPath)
}

func TestRoots(t *testing.T) {
	s := newStore(t)
	when := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	b := Root{Path: "/b", Added: when, Scanned: when, Excludes: []string{"*.gif", ""}, Captions: []string{"/c.tsv"}, Labels: []string{"/l.tsv"}}
	ok(t, s.AddRoot(ctx, Root{Path: "/b"}))
	ok(t, s.AddRoot(ctx, Root{Path: "/a"}))
	ok(t, s.AddRoot(ctx, b))
	roots, err := s.Roots()
	ok(t, err)
	diff(t, "roots", []Root{{Path: "/a"}, b}, roots)
	wantErr(t, s.AddRoot(ctx, Root{}), ErrPath)
}

func TestStats(t *testing.T) {
	s := newStore(t)
	bare := Entry{Document: Document{Path: "/bare", Format: "png"}}
	gone := fullEntry("/gone")
	_, err := s.Put(ctx, []Entry{fullEntry("/full"), bare, gone})
	ok(t, err)
	ok(t, s.Hide(ctx, 3))
	ok(t, s.PutSkips(ctx, []Skip{{Path: "/x", Reason: "empty"}, {Path: "/y", Reason: "empty"}}))
	got, err := s.Stats(ctx)
	ok(t, err)
	if got.Bytes < 4096 {
		t.Errorf("file of %d bytes", got.Bytes)
	}
	want := Stats{
		Documents: 2, Hidden: 1, Vectors: 1, Captioned: 1, Captions: 2,
		Thumbnails: 2, ThumbnailBytes: int64(2 * len(gone.Thumb)), Bytes: got.Bytes, Sequence: 4,
		Languages: map[string]int{"": 1, "de": 1}, Formats: map[string]int{"jpeg": 1, "png": 1},
		Skipped: map[string]int{"empty": 2}, Model: s.Model(),
	}
	diff(t, "stats", want, got)
}
