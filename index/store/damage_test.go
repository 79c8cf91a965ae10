package store

import (
	"bytes"
	"errors"
	"fmt"
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

// Bits flipped anywhere in the file are detected or harmless: a document is
// read as it was, or not at all.
func TestBitFlips(t *testing.T) {
	const documents, flips = 40, 400
	path := filepath.Join(t.TempDir(), "l")
	fill(t, path, documents)
	clean := mustOpen(t, path, Options{ReadOnly: true})
	want := map[ID]truth{}
	for id := ID(1); id <= documents; id++ {
		tr, err := readTruth(clean, id)
		ok(t, err)
		want[id] = tr
	}
	data, err := os.ReadFile(path)
	ok(t, err)
	rng := rand.New(rand.NewPCG(11, 12))
	t.Logf("seed 11, 12")
	detected := 0
	for range flips {
		bit := rng.IntN(len(data) * 8)
		data[bit/8] ^= 1 << (bit % 8)
		if checkDamaged(t, data, want, fmt.Sprintf("bit %d of byte %d flipped", bit%8, bit/8)) {
			detected++
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
	t.Logf("%d of %d flips gave an error or a missing document; the others hit free space", detected, flips)
}

func checkDamaged(t *testing.T, data []byte, want map[ID]truth, what string) (detected bool) {
	path := filepath.Join(t.TempDir(), "damaged")
	ok(t, os.WriteFile(path, data, 0o600))
	s, err := Open(path, Options{})
	if err != nil {
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotLibrary) {
			t.Errorf("%s: %v", what, err)
		}
		return true
	}
	defer s.Close()
	for id, tr := range want {
		got, err := readTruth(s, id)
		if errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNoDocument) {
			detected = true
			continue
		}
		ok(t, err)
		got.Record.Document.Hidden = tr.Record.Document.Hidden // a lost key of its bucket cannot be seen here
		if got.Vector == nil || got.Thumb == nil || got.Record.Captions == nil {
			detected = true // a lost key
			continue
		}
		diff(t, fmt.Sprintf("%s: document %d", what, id), tr, got)
	}
	err = s.EachFile(ctx, func(File) error { return nil })
	_, err2 := s.Put(ctx, []Entry{{Document: Document{Path: "/new"}}})
	for _, err := range []error{err, err2} {
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
		detected = detected || err != nil
	}
	return detected
}

// breakVector changes a bit of a document's vector.
func breakVector(id ID) func(tx *txn) error {
	return func(tx *txn) error {
		b := tx.Bucket(bucketVectors)
		rec := bytes.Clone(b.Get(idKey(id)))
		rec[2] ^= 1
		return b.Put(idKey(id), rec)
	}
}
