package store

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		ok(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	long := make([]byte, 100_000)
	for i := range long {
		long[i] = byte(i * 7)
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := bolt.Open(foreign, 0o600, nil)
	ok(t, err)
	ok(t, db.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }))
	ok(t, db.Close())
	newer := libraryWith(t, filepath.Join(dir, "newer"), func(meta *bolt.Bucket) error {
		return put(meta, bucketMeta, keyFormat, binary.AppendUvarint(nil, formatVersion+1))
	})
	damaged := libraryWith(t, filepath.Join(dir, "damaged"), func(meta *bolt.Bucket) error {
		return meta.Put(keyFormat, []byte("xxxxxxxx"))
	})
	noID := libraryWith(t, filepath.Join(dir, "noid"), func(meta *bolt.Bucket) error { return meta.Delete(keyLibrary) })
	noCounters := libraryWith(t, filepath.Join(dir, "nocounters"), func(meta *bolt.Bucket) error { return meta.Delete(keyCounters) })
	noBucket := libraryWith(t, filepath.Join(dir, "nobucket"), func(meta *bolt.Bucket) error {
		return meta.Tx().DeleteBucket(bucketFiles)
	})
	for _, tc := range []struct {
		name, path string
		opts       Options
		want       error
	}{
		{"absent", filepath.Join(dir, "none"), Options{}, ErrNotFound},
		{"absent folder", filepath.Join(dir, "none", "none"), Options{}, ErrNotFound},
		{"absent, read only", filepath.Join(dir, "none"), Options{ReadOnly: true, Create: true}, ErrNotFound},
		{"folder", dir, Options{Create: true}, ErrNotLibrary},
		{"empty file", file("empty", ""), Options{Create: true}, ErrNotLibrary},
		{"empty file, read only", file("empty2", ""), Options{ReadOnly: true}, ErrNotLibrary},
		{"text file", file("text", "hello\n"), Options{Create: true}, ErrNotLibrary},
		{"long binary file", file("long", string(long)), Options{}, ErrNotLibrary},
		{"bbolt file of another program", foreign, Options{}, ErrNotLibrary},
		{"newer format", newer, Options{}, ErrNewer},
		{"newer format, read only", newer, Options{ReadOnly: true}, ErrNewer},
		{"damaged format record", damaged, Options{}, ErrCorrupt},
		{"no library ID", noID, Options{}, ErrCorrupt},
		{"no counters", noCounters, Options{}, ErrCorrupt},
		{"no files bucket", noBucket, Options{}, ErrCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, _ := os.ReadFile(tc.path)
			s, err := Open(tc.path, tc.opts)
			if err == nil {
				s.Close()
			}
			wantErr(t, err, tc.want, tc.path)
			after, _ := os.ReadFile(tc.path)
			if string(before) != string(after) {
				t.Error("the file was changed")
			}
		})
	}
}

// libraryWith makes a library and changes its settings.
func libraryWith(t *testing.T, path string, fn func(meta *bolt.Bucket) error) string {
	t.Helper()
	ok(t, create(path))
	db, err := bolt.Open(path, 0o600, nil)
	ok(t, err)
	ok(t, db.Update(func(tx *bolt.Tx) error { return fn(tx.Bucket(bucketMeta)) }))
	ok(t, db.Close())
	return path
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "l.clipsearch")
	s := mustOpen(t, path, Options{Create: true})
	id := s.LibraryID()
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		info, err := os.Stat(p)
		ok(t, err)
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", p, info.Mode(), want)
		}
	}
	ok(t, s.Close())
	ok(t, s.Close())
	s = mustOpen(t, path, Options{Create: true})
	diff(t, "library ID", id, s.LibraryID())
	entries, err := os.ReadDir(filepath.Dir(path))
	ok(t, err)
	diff(t, "files", 1, len(entries))
}

// Two processes that create the same library get the same one.
func TestCreateRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			s, err := Open(path, Options{Create: true, Timeout: 30 * time.Second})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = s.LibraryID()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		diff(t, "library ID", ids[0], id)
	}
}

func TestSharing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	writer := mustOpen(t, path, Options{Create: true})
	short := 100 * time.Millisecond
	_, err := Open(path, Options{Timeout: short})
	wantErr(t, err, ErrInUse, path)
	_, err = Open(path, Options{ReadOnly: true, Timeout: short})
	wantErr(t, err, ErrInUse)
	ok(t, writer.Close())

	one := mustOpen(t, path, Options{ReadOnly: true})
	mustOpen(t, path, Options{ReadOnly: true})
	_, err = Open(path, Options{Timeout: short})
	wantErr(t, err, ErrInUse)
	_, err = one.Put(ctx, []Entry{{Document: Document{Path: "/a"}}})
	wantErr(t, err, ErrReadOnly, path)
	wantErr(t, one.SetModel(ctx, Model{ID: "m", Dims: 1}), ErrReadOnly)
}

func TestClosedAndCancelled(t *testing.T) {
	s := newStore(t)
	putPaths(t, s, "/a")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	wantErr(t, s.Hide(cancelled, 1), context.Canceled)
	wantErr(t, s.EachDocument(cancelled, func(Document) error { return nil }), context.Canceled)
	enough := errors.New("enough")
	wantErr(t, s.EachDocument(ctx, func(Document) error { return enough }), enough)
	ok(t, s.Close())
	_, err := s.Document(1)
	wantErr(t, err, ErrClosed)
	_, err = s.Stats(ctx)
	if err == nil {
		t.Error("stats of a closed library")
	}
}

// A shortened file is not opened, unless only the room for growth at its end is missing.
func TestTruncated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	fill(t, path, 300)
	data, err := os.ReadFile(path)
	ok(t, err)
	var used int
	s := mustOpen(t, path, Options{ReadOnly: true})
	ok(t, s.view(func(tx *txn) error { used = int(tx.Size()); return nil }))
	for size := 0; size < used; size += used/37 + 1 {
		cut := filepath.Join(t.TempDir(), "cut")
		ok(t, os.WriteFile(cut, data[:size], 0o600))
		for _, readOnly := range []bool{true, false} {
			s, err := Open(cut, Options{ReadOnly: readOnly})
			if err == nil {
				s.Close()
				t.Fatalf("opened the first %d bytes of %d", size, used)
			}
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotLibrary) {
				t.Errorf("first %d bytes: %v", size, err)
			}
		}
	}
	whole := filepath.Join(t.TempDir(), "whole")
	ok(t, os.WriteFile(whole, data[:used], 0o600))
	putPaths(t, mustOpen(t, whole, Options{}), "/new")
}

// A file that is shortened while it is open gives page faults.
func TestTruncatedWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l")
	fill(t, path, 300)
	s := mustOpen(t, path, Options{ReadOnly: true})
	ok(t, os.Truncate(path, 4*4096))
	wantErr(t, s.EachDocument(ctx, func(Document) error { return nil }), ErrCorrupt)
}
