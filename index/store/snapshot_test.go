package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	bolt "go.etcd.io/bbolt"
)

// noise returns n bytes that don't repeat.
func noise(n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(uint64(n), 0))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// save stores content as a snapshot.
func save(s *Store, name string, info SnapshotInfo, content []byte) error {
	return s.SaveSnapshot(ctx, name, info, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func checkSnapshot(t *testing.T, s *Store, name string, info SnapshotInfo, content []byte) {
	t.Helper()
	ok(t, s.LoadSnapshot(ctx, name, func(gotInfo SnapshotInfo, r io.Reader) error {
		diff(t, "info", info, gotInfo)
		got, err := io.ReadAll(r)
		ok(t, err)
		if !bytes.Equal(got, content) {
			t.Errorf("snapshot of %d bytes, want %d", len(got), len(content))
		}
		return nil
	}))
}

// countChunks returns how many chunks of all generations the file holds.
func countChunks(t *testing.T, s *Store) int {
	t.Helper()
	n := 0
	ok(t, s.view(func(tx *txn) error { n = tx.Bucket(bucketChunks).Stats().KeyN; return nil }))
	return n
}

func TestSnapshotSizes(t *testing.T) {
	s := newStore(t)
	for _, n := range []int{0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, commitChunks * chunkBytes, commitChunks*chunkBytes + 1} {
		content := noise(n)
		ok(t, save(s, "n", SnapshotInfo{Version: 1, Sequence: 3}, content))
		checkSnapshot(t, s, "n", SnapshotInfo{Version: 1, Sequence: 3, Bytes: int64(n)}, content)
		if want := (n + chunkBytes - 1) / chunkBytes; countChunks(t, s) != want {
			t.Errorf("%d bytes: %d chunks stay, want %d", n, countChunks(t, s), want)
		}
		ok(t, s.LoadSnapshot(ctx, "n", func(_ SnapshotInfo, r io.Reader) error { return iotest.TestReader(r, content) }))
		if n > 2*chunkBytes { // straight to a large buffer, and by small ones
			got := make([]byte, n)
			ok(t, s.LoadSnapshot(ctx, "n", func(_ SnapshotInfo, r io.Reader) error {
				_, err := io.ReadFull(r, got[:5])
				ok(t, err)
				_, err = io.ReadFull(r, got[5:])
				return err
			}))
			if !bytes.Equal(got, content) {
				t.Error("read in large pieces it differs")
			}
		}
	}
}

func TestSnapshotNames(t *testing.T) {
	s := newStore(t)
	names := []string{"a", "ab", "b", "\xff"} // one begins with another
	for i, name := range names {
		ok(t, save(s, name, SnapshotInfo{Sequence: uint64(i)}, []byte(name)))
	}
	ok(t, save(s, "a", SnapshotInfo{Sequence: 9}, []byte("again")))
	ok(t, s.DeleteSnapshot(ctx, "b"))
	wantErr(t, s.DeleteSnapshot(ctx, "b"), ErrNoSnapshot, "b")
	list, err := s.Snapshots()
	ok(t, err)
	diff(t, "snapshots", []Snapshot{{"a", SnapshotInfo{Sequence: 9, Bytes: 5}}, {"ab", SnapshotInfo{Sequence: 1, Bytes: 2}}, {"\xff", SnapshotInfo{Sequence: 3, Bytes: 1}}}, list)
	checkSnapshot(t, s, "ab", SnapshotInfo{Sequence: 1, Bytes: 2}, []byte("ab"))
	diff(t, "chunks", 3, countChunks(t, s))
	for _, name := range []string{"", "a\x00b", string(noise(maxName + 1))} {
		if err := save(s, name, SnapshotInfo{}, nil); err == nil {
			t.Errorf("saved as %q", name)
		}
	}
	path := s.Path()
	ok(t, s.Close())
	s = mustOpen(t, path, Options{ReadOnly: true})
	wantErr(t, save(s, "a", SnapshotInfo{}, nil), ErrReadOnly)
	wantErr(t, s.DeleteSnapshot(ctx, "a"), ErrReadOnly)
}

// A save that ends early, wherever, leaves the snapshot before it, and the next
// save cleans up.
func TestSnapshotCutOff(t *testing.T) {
	s := newStore(t)
	old := noise(2*chunkBytes + 5)
	info := SnapshotInfo{Version: 1, Sequence: 1, Bytes: int64(len(old))}
	ok(t, save(s, "n", info, old))
	enough := errors.New("enough")
	cancelled, cancel := context.WithCancel(ctx)
	for name, end := range map[string]func() error{
		"error":  func() error { return enough },
		"cancel": func() error { cancel(); return nil },
	} {
		err := s.SaveSnapshot(cancelled, "n", SnapshotInfo{Sequence: 2}, func(w io.Writer) error {
			_, err := w.Write(noise(commitChunks*chunkBytes + 1))
			ok(t, err)
			return end()
		})
		if !errors.Is(err, enough) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		checkSnapshot(t, s, "n", info, old)
	}
	if countChunks(t, s) <= 3 {
		t.Error("nothing was left to clean up")
	}
	ok(t, save(s, "n", SnapshotInfo{Sequence: 3}, []byte("new")))
	checkSnapshot(t, s, "n", SnapshotInfo{Sequence: 3, Bytes: 3}, []byte("new"))
	diff(t, "chunks", 1, countChunks(t, s))
}

func TestSnapshotReplacedWhileRead(t *testing.T) {
	s := newStore(t)
	for _, replace := range []func() error{
		func() error { return save(s, "n", SnapshotInfo{}, []byte("new")) },
		func() error { return s.DeleteSnapshot(ctx, "n") },
	} {
		ok(t, save(s, "n", SnapshotInfo{}, noise(3*chunkBytes)))
		wantErr(t, s.LoadSnapshot(ctx, "n", func(_ SnapshotInfo, r io.Reader) error {
			_, err := io.ReadFull(r, make([]byte, 10))
			ok(t, err)
			ok(t, replace())
			_, err = io.Copy(io.Discard, r)
			return err
		}), ErrReplaced, "n")
	}
}

func TestSnapshotDamaged(t *testing.T) {
	content := noise(2*chunkBytes + 9)
	for name, harm := range map[string]func(b *bolt.Bucket) error{
		"missing chunk": func(b *bolt.Bucket) error { return b.Delete(chunkKey("n", 1, 1)) },
		"changed chunk": func(b *bolt.Bucket) error {
			rec := bytes.Clone(b.Get(chunkKey("n", 1, 1)))
			rec[chunkBytes/2] ^= 4
			return b.Put(chunkKey("n", 1, 1), rec)
		},
		"chunk in another's place": func(b *bolt.Bucket) error {
			return b.Put(chunkKey("n", 1, 1), bytes.Clone(b.Get(chunkKey("n", 1, 0))))
		},
		"empty chunk": func(b *bolt.Bucket) error { return put(b, bucketChunks, chunkKey("n", 1, 1), nil) },
		"short chunk": func(b *bolt.Bucket) error { return put(b, bucketChunks, chunkKey("n", 1, 1), []byte("x")) },
		"no record":   func(b *bolt.Bucket) error { return b.Put(chunkKey("n", 1, 1), nil) },
		"head": func(b *bolt.Bucket) error {
			return b.Tx().Bucket(bucketSnapshots).Put([]byte("n"), []byte("xxxxxxxx"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			ok(t, save(s, "n", SnapshotInfo{}, content))
			ok(t, s.update(func(tx *txn) error { return harm(tx.Bucket(bucketChunks)) }))
			wantErr(t, s.LoadSnapshot(ctx, "n", func(_ SnapshotInfo, r io.Reader) error {
				_, err := io.Copy(io.Discard, r)
				return err
			}), ErrCorrupt, "n")
		})
	}
}

// Other writers and readers work while a snapshot is written.
func TestSnapshotBesideWriters(t *testing.T) {
	s := newStore(t)
	ok(t, s.SaveSnapshot(ctx, "n", SnapshotInfo{}, func(w io.Writer) error {
		for i := range 3 {
			if _, err := w.Write(noise(commitChunks * chunkBytes)); err != nil {
				return err
			}
			putPaths(t, s, fmt.Sprint("/", i))
			if _, err := s.Document(1); err != nil {
				return err
			}
		}
		return nil
	}))
	diff(t, "sequence", uint64(3), s.Sequence())
}

func BenchmarkSnapshot(b *testing.B) {
	const bytes = 128 << 20
	s := mustOpen(b, filepath.Join(b.TempDir(), "l"), Options{Create: true})
	content := noise(bytes)
	b.Run("save", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			ok(b, save(s, "n", SnapshotInfo{}, content))
		}
	})
	buffer := make([]byte, bytes)
	load := func(_ SnapshotInfo, r io.Reader) error { _, err := io.ReadFull(r, buffer); return err }
	ok(b, s.LoadSnapshot(ctx, "n", load))
	b.Run("load", func(b *testing.B) {
		b.SetBytes(bytes)
		for b.Loop() {
			ok(b, s.LoadSnapshot(ctx, "n", load))
		}
	})
	b.Run("copy and sum", func(b *testing.B) { // what loading cannot beat
		b.SetBytes(bytes)
		for b.Loop() {
			for at := 0; at < bytes; at += chunkBytes {
				checksum(nil, nil, buffer[at:at+copy(buffer[at:at+chunkBytes], content[at:])])
			}
		}
	})
	info, err := os.Stat(s.Path())
	ok(b, err)
	b.Logf("file of %d MB", info.Size()>>20)
}
