package store

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden file of the newest format anew; only while that is unreleased")

// goldenFile returns the name of a golden file.
func goldenFile(version int) string { return fmt.Sprintf("testdata/v%d.clipsearch.gz", version) }

var goldenTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// goldenContent is what the golden library holds.
func goldenContent(t *testing.T, s *Store) {
	s.now = func() time.Time { return goldenTime }
	ok(t, s.SetModel(ctx, Model{ID: "clip-test", Dir: "/models/test", Dims: 4}))
	copied := Entry{Document: Document{Path: "/pictures/copy.jpg", Hash: fullEntry("").Document.Hash}, CopyOf: 1}
	_, err := s.Put(ctx, []Entry{fullEntry("/pictures/\xff.jpg"), copied, {Document: Document{Path: "/forgotten"}}})
	ok(t, err)
	ok(t, s.Hide(ctx, 2))
	ok(t, s.Forget(ctx, 3))
	ok(t, s.PutSkips(ctx, []Skip{{Path: "/bad", Size: 1, ModTime: goldenTime, Reason: "empty", Detail: "d", When: goldenTime}}))
	ok(t, s.AddRoot(ctx, Root{Path: "/pictures", Added: goldenTime, Excludes: []string{"*.gif"}, Thumb: 512}))
	ok(t, save(s, "text", SnapshotInfo{Version: 7, Sequence: 4}, []byte("snapshot")))
}

// A library of format 1, as written when the format was fixed, reads as it was
// meant, before and after it is brought to the present format.
func TestGoldenFormat1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.clipsearch")
	readGolden(t, path, 1)
	before, err := os.ReadFile(path)
	ok(t, err)
	s := mustOpen(t, path, Options{ReadOnly: true})
	checkGolden(t, s, 1)
	checkNoSnapshots(t, s)
	ok(t, s.Close())
	after, err := os.ReadFile(path)
	ok(t, err)
	if !bytes.Equal(before, after) {
		t.Error("reading has changed the file")
	}

	s = mustOpen(t, path, Options{})
	checkGolden(t, s, 1)
	checkNoSnapshots(t, s)
	ok(t, save(s, "text", SnapshotInfo{}, []byte("new")))
	ok(t, s.Close())
	s = mustOpen(t, path, Options{ReadOnly: true})
	diff(t, "format", uint64(formatVersion), s.format)
	checkGolden(t, s, 1)
	checkSnapshot(t, s, "text", SnapshotInfo{Bytes: 3}, []byte("new"))
}

func checkNoSnapshots(t *testing.T, s *Store) {
	t.Helper()
	list, err := s.Snapshots()
	ok(t, err)
	diff(t, "snapshots", 0, len(list))
	wantErr(t, s.LoadSnapshot(ctx, "text", nil), ErrNoSnapshot, "text", s.Path())
}

// The same of format 2, which has snapshots.
func TestGoldenFormat2(t *testing.T) { testGolden(t, 2, false) }

// The same of format 3, which has places, labels and sizes of thumbnails.
func TestGoldenFormat3(t *testing.T) { testGolden(t, 3, *update) }

func testGolden(t *testing.T, version int, write bool) {
	path := filepath.Join(t.TempDir(), fmt.Sprintf("v%d.clipsearch", version))
	if write {
		ok(t, os.WriteFile(path, nil, 0o600))
		ok(t, initialize(path, [16]byte{0: 0xc1, 15: 0x01}))
		s := mustOpen(t, path, Options{})
		goldenContent(t, s)
		ok(t, s.Close())
		writeGolden(t, path, version)
	}
	readGolden(t, path, version)
	s := mustOpen(t, path, Options{ReadOnly: true})
	diff(t, "format", uint64(version), s.format)
	checkGolden(t, s, version)
	list, err := s.Snapshots()
	ok(t, err)
	diff(t, "snapshots", []Snapshot{{"text", SnapshotInfo{Version: 7, Sequence: 4, Bytes: 8}}}, list)
	checkSnapshot(t, s, "text", SnapshotInfo{Version: 7, Sequence: 4, Bytes: 8}, []byte("snapshot"))
	ok(t, s.Close())

	s = mustOpen(t, path, Options{})
	diff(t, "format", uint64(formatVersion), s.format)
	checkGolden(t, s, version)
	diff(t, "next ID", []ID{4}, putPaths(t, s, "/new"))
}

// checkGolden checks what is in the golden file of a format.
func checkGolden(t *testing.T, s *Store, version int) {
	t.Helper()
	root := Root{Path: "/pictures", Added: goldenTime, Excludes: []string{"*.gif"}, Thumb: 512}
	full := fullEntry("/pictures/\xff.jpg")
	if version < 3 {
		full.Document.Place, full.Document.Labels, root.Thumb = "", nil, 0
	}
	diff(t, "library ID", "c1000000000000000000000000000001", s.LibraryID())
	diff(t, "model", Model{ID: "clip-test", Dir: "/models/test", Dims: 4}, s.Model())
	one, err := readTruth(s, 1)
	ok(t, err)
	full.Document.ID, full.Document.Indexed = 1, goldenTime
	diff(t, "record 1", Record{full.Document, full.Captions}, one.Record)
	diff(t, "thumbnail 1", full.Thumb, one.Thumb)
	checkUnit(t, one.Vector, []float32{0, 0.6, 0.8, 0})
	two, err := readTruth(s, 2)
	ok(t, err)
	diff(t, "record 2", Record{Document: Document{
		ID: 2, Path: "/pictures/copy.jpg", Hash: full.Document.Hash, Hidden: true, Indexed: goldenTime,
	}}, two.Record)
	diff(t, "vector 2", one.Vector, two.Vector)
	var files []File
	ok(t, s.EachFile(ctx, func(f File) error { files = append(files, f); return nil }))
	diff(t, "files", []File{
		{Path: "/pictures/copy.jpg", ID: 2, Hash: full.Document.Hash, Hidden: true, Since: goldenTime, HasVector: true},
		{Path: "/pictures/\xff.jpg", ID: 1, Size: 12345, ModTime: full.Document.ModTime, Hash: full.Document.Hash, HasVector: true},
	}, files)
	ids, err := s.ByHash(full.Document.Hash)
	ok(t, err)
	diff(t, "hash", []ID{1, 2}, ids)
	var changes []Change
	ok(t, s.Changes(ctx, 0, func(c Change) error { changes = append(changes, c); return nil }))
	diff(t, "log", []Change{{1, OpPut, 1}, {2, OpPut, 2}, {3, OpPut, 3}, {4, OpHide, 2}, {5, OpForget, 3}}, changes)
	var skips []Skip
	ok(t, s.EachSkip(ctx, func(sk Skip) error { skips = append(skips, sk); return nil }))
	diff(t, "skips", []Skip{{Path: "/bad", Size: 1, ModTime: goldenTime, Reason: "empty", Detail: "d", When: goldenTime}}, skips)
	roots, err := s.Roots()
	ok(t, err)
	diff(t, "roots", []Root{root}, roots)
}

func writeGolden(t *testing.T, path string, version int) {
	data, err := os.ReadFile(path)
	ok(t, err)
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	ok(t, err)
	_, err = z.Write(data)
	ok(t, err)
	ok(t, z.Close())
	ok(t, os.WriteFile(goldenFile(version), buf.Bytes(), 0o644))
}

func readGolden(t *testing.T, path string, version int) {
	data, err := os.ReadFile(goldenFile(version))
	ok(t, err)
	z, err := gzip.NewReader(bytes.NewReader(data))
	ok(t, err)
	plain, err := io.ReadAll(z)
	ok(t, err)
	ok(t, os.WriteFile(path, plain, 0o600))
}
