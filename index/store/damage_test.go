package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// fill makes a library of n documents with captions, vectors and thumbnails.
func fill(t testing.TB, path string, n int) {
	t.Helper()
	s, err := Open(path, Options{Create: true})
	ok(t, err)
	ok(t, s.SetModel(ctx, Model{ID: "clip-test", Dims: 4}))
	var entries []Entry
	for i := range n {
		e := fullEntry(fmt.Sprintf("/pictures/%03d.jpg", i))
		e.Document.Hash = [32]byte{byte(i), byte(i >> 8)}
		e.Captions[0].Text = fmt.Sprint("caption ", i)
		e.Thumb = []byte(fmt.Sprint("thumbnail ", i))
		e.Vector = []float32{float32(i + 1), 1, 0, 0}
		entries = append(entries, e)
	}
	_, err = s.Put(ctx, entries)
	ok(t, err)
	ok(t, s.Hide(ctx, 1, 2))
	ok(t, s.Close())
}

// truth is what can be read of one document.
type truth struct {
	Record Record
	Vector []float32
	Thumb  []byte
}

func readTruth(s *Store, id ID) (tr truth, err error) {
	records, err := s.Records([]ID{id})
	if err != nil {
		return truth{}, err
	}
	if len(records) == 0 {
		return truth{}, ErrNoDocument
	}
	tr.Record = records[0]
	if tr.Vector, err = s.Vector(id); err != nil {
		return truth{}, err
	}
	tr.Thumb, err = s.Thumbnail(id)
	return tr, err
}

// content is everything that can be read of a library.
type content struct {
	Model     Model
	Documents map[ID]truth
	Files     []File
	Changes   []Change
	Skips     []Skip
	Roots     []Root
	Snapshots map[string][]byte
}

func readContent(s *Store) (c content, err error) {
	c = content{Model: s.Model(), Documents: map[ID]truth{}, Snapshots: map[string][]byte{}}
	keep := func(more error) { err = errors.Join(err, more) }
	keep(s.EachRecord(ctx, func(r Record) error {
		tr, err := readTruth(s, r.Document.ID)
		c.Documents[r.Document.ID] = tr
		return err
	}))
	keep(s.EachFile(ctx, func(f File) error { c.Files = append(c.Files, f); return nil }))
	keep(s.Changes(ctx, 0, func(ch Change) error { c.Changes = append(c.Changes, ch); return nil }))
	keep(s.EachSkip(ctx, func(sk Skip) error { c.Skips = append(c.Skips, sk); return nil }))
	roots, more := s.Roots()
	c.Roots = roots
	keep(more)
	list, more := s.Snapshots()
	keep(more)
	for _, sn := range list {
		keep(s.LoadSnapshot(ctx, sn.Name, func(_ SnapshotInfo, r io.Reader) (err error) {
			c.Snapshots[sn.Name], err = io.ReadAll(r)
			return err
		}))
	}
	return c, err
}

// flips returns how many damaged copies a test makes: all with CLIPSEARCH_SOAK=1.
func flips() int {
	if os.Getenv("CLIPSEARCH_SOAK") == "1" {
		return 1000
	}
	return 100
}

// Bits flipped anywhere in the file are detected or harmless: reading gives an
// error or what was there, Verify tells whatever reading does not, no picture is
// taken for another's, and nothing ends the process.
func TestBitFlips(t *testing.T) {
	path := wide(t)
	s := mustOpen(t, path, Options{})
	ok(t, s.PutSkips(ctx, []Skip{{Path: "/bad", Reason: "empty"}}))
	ok(t, s.AddRoot(ctx, Root{Path: "/pictures"}))
	ok(t, save(s, "text", SnapshotInfo{Sequence: 3}, noise(20_000)))
	ok(t, s.Close())
	clean := mustOpen(t, path, Options{ReadOnly: true})
	want, err := readContent(clean)
	ok(t, err)
	report, err := clean.Verify(ctx, nil)
	ok(t, err)
	diff(t, "problems of the whole file", 0, len(report.Problems))
	data, err := os.ReadFile(path)
	ok(t, err)
	data = data[:readPages(t, path).meta.pages*filePage] // what follows is room to grow
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 12))
	counts := map[string]int{}
	for range flips() {
		bit := rng.IntN(len(data) * 8)
		data[bit/8] ^= 1 << (bit % 8)
		what := fmt.Sprintf("bit %d of byte %d flipped", bit%8, bit/8)
		counts[checkDamaged(t, data, want, what)]++
		data[bit/8] ^= 1 << (bit % 8)
	}
	t.Logf("%v", counts)
}

// checkDamaged says what became of a damaged copy.
func checkDamaged(t *testing.T, data []byte, want content, what string) string {
	path := filepath.Join(t.TempDir(), "damaged")
	ok(t, os.WriteFile(path, data, 0o600))
	outcome := checkReading(t, path, want, what)
	s, err := Open(path, Options{})
	if err == nil {
		_, err = s.Put(ctx, []Entry{{Document: Document{Path: "/new"}}})
		s.Close()
	}
	if err != nil && !isDamage(err) {
		t.Errorf("%s: writing: %v", what, err)
	}
	if outcome == "harmless" && err != nil {
		return "noticed by the writer"
	}
	return outcome
}

func checkReading(t *testing.T, path string, want content, what string) string {
	s, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		if !isDamage(err) {
			t.Errorf("%s: open: %v", what, err)
		}
		return "not opened"
	}
	defer s.Close()
	got, err := readContent(s)
	if err != nil && !isDamage(err) {
		t.Errorf("%s: read: %v", what, err)
	}
	for id, tr := range got.Documents {
		full := want.Documents[id]
		if tr.Vector == nil || tr.Thumb == nil { // after an error
			tr.Vector, tr.Thumb = full.Vector, full.Thumb
		}
		if err == nil || tr.Record.Document.ID != 0 {
			diff(t, what+": document", full, tr)
		}
	}
	report, verr := s.Verify(ctx, nil)
	ok(t, verr)
	switch {
	case err != nil && report.Clean():
		t.Errorf("%s: Verify finds nothing, reading says: %v", what, err)
	case err != nil:
		return "noticed by the reader"
	case report.Clean():
		diff(t, what+": content", want, got)
		return "harmless"
	}
	return "noticed by Verify"
}

func isDamage(err error) bool { return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotLibrary) }

// breakVector changes a bit of a document's vector.
func breakVector(id ID) func(tx *txn) error {
	return func(tx *txn) error {
		b := tx.Bucket(bucketVectors)
		rec := bytes.Clone(b.Get(idKey(id)))
		rec[2] ^= 1
		return b.Put(idKey(id), rec)
	}
}
