package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// whole makes a library that has everything, and more than one page of it.
func whole(t testing.TB) string {
	t.Helper()
	path := wide(t)
	s := mustOpen(t, path, Options{})
	ok(t, s.PutSkips(ctx, []Skip{{Path: "/bad", Reason: "empty"}}))
	ok(t, s.AddRoot(ctx, Root{Path: "/pictures"}))
	ok(t, save(s, "text", SnapshotInfo{Sequence: 3}, noise(1<<20+1)))
	ok(t, s.Close())
	return path
}

// mustVerify returns the problems of a library.
func mustVerify(t *testing.T, path string) Report {
	t.Helper()
	s := mustOpen(t, path, Options{ReadOnly: true})
	report, err := s.Verify(ctx, nil)
	ok(t, err)
	ok(t, s.Close())
	return report
}

// Verify finds everything that can be wrong, and Repair mends it: what is derived
// without a trace, what is lost by leaving it out and keeping the damaged file.
func TestVerifyAndRepair(t *testing.T) {
	healthy := whole(t)
	want, err := readContent(mustOpen(t, healthy, Options{ReadOnly: true}))
	ok(t, err)
	remove := func(bucket, key []byte) func(tx *bolt.Tx) error {
		return func(tx *bolt.Tx) error { return tx.Bucket(bucket).Delete(key) }
	}
	spoil := func(bucket, key []byte) func(tx *bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			rec := bytes.Clone(tx.Bucket(bucket).Get(key))
			rec[len(rec)/2] ^= 1
			return tx.Bucket(bucket).Put(key, rec)
		}
	}
	add := func(bucket, key, payload []byte) func(tx *bolt.Tx) error {
		return func(tx *bolt.Tx) error { return put(tx.Bucket(bucket), bucket, key, payload) }
	}
	nine := want.Documents[9].Record.Document
	file := fileKey(nine.Path, 9)
	for _, tc := range []struct {
		name string
		harm func(tx *bolt.Tx) error
		lost bool
		says string
	}{
		{"file missing", remove(bucketFiles, file), false, "1 document (the first is 9)"},
		{"file of another size", add(bucketFiles, file, encodeFile(&Document{Size: 1}, true)), false, "document (the first is 9)"},
		{"file without vector", add(bucketFiles, file, encodeFile(&nine, false)), false, "no vector is known of 1 document"},
		{"file damaged", spoil(bucketFiles, file), false, "checksum"},
		{"hash missing", remove(bucketHashes, hashKey(nine.Hash, 9)), false, "document (the first is 9)"},
		{"hash of nobody", add(bucketHashes, hashKey([32]byte{5}, 9), nil), false, "document (the first is 9)"},
		{"hash cut off", add(bucketHashes, []byte("x"), nil), false, "not a hash"},
		{"caption of nobody", add(bucketCaptions, idKey(100), nil), false, "captions: of 1 document (the first is 100) that don't exist"},
		{"vector of nobody", add(bucketVectors, idKey(101), make([]byte, 8)), false, "vectors: of 1 document (the first is 101)"},
		{"thumbnail of nobody", add(bucketThumbs, idKey(101), []byte("x")), false, "thumbnails: of 1 document"},
		{"hidden nobody", add(bucketHidden, idKey(101), nil), false, "hidden: of 1 document"},
		{"change missing", remove(bucketLog, idKey(5)), false, "1 gaps"},
		{"last change missing", remove(bucketLog, idKey(406)), false, "1 gaps"},
		{"change of nothing", add(bucketLog, idKey(5), encodeChange(Change{Op: 99, ID: 1})), false, "operation 99"},
		{"chunk missing", remove(bucketChunks, chunkKey("text", 1, 1)), false, "snapshot \"text\""},
		{"chunk damaged", spoil(bucketChunks, chunkKey("text", 1, 0)), false, "checksum"},
		{"snapshot of the future", add(bucketSnapshots, []byte("text"), encodeHead(head{SnapshotInfo{Sequence: 999}, 1, 2})), false, "999"},
		{"skip damaged", spoil(bucketSkips, []byte("/bad")), false, "/bad"},
		{"document damaged", spoil(bucketDocuments, idKey(9)), true, "document 9"},
		{"document misplaced", func(tx *bolt.Tx) error {
			return tx.Bucket(bucketDocuments).Put(idKey(9), bytes.Clone(tx.Bucket(bucketDocuments).Get(idKey(10))))
		}, true, "document 9"},
		{"caption from nowhere", add(bucketCaptions, idKey(5000), nil), true, "IDs end at 400"},
		{"captions damaged", spoil(bucketCaptions, idKey(9)), true, "captions of document 9"},
		{"vector damaged", spoil(bucketVectors, idKey(9)), true, "vectors of document 9"},
		{"vector missing", remove(bucketVectors, idKey(9)), true, "vectors: missing of 1 document (the first is 9)"},
		{"vector too short", add(bucketVectors, idKey(9), []byte{1, 2}), true, "2 bytes for 4 values"},
		{"thumbnail damaged", spoil(bucketThumbs, idKey(9)), true, "thumbnails of document 9"},
		{"hidden damaged", spoil(bucketHidden, idKey(1)), true, "document 1"},
		{"two at one path", func(tx *bolt.Tx) error {
			d := nine
			d.Path = want.Documents[10].Record.Document.Path
			ok(t, tx.Bucket(bucketFiles).Delete(file))
			ok(t, add(bucketFiles, fileKey(d.Path, 9), encodeFile(&d, true))(tx))
			return add(bucketDocuments, idKey(9), encodeDocument(&d))(tx)
		}, false, "two searchable"},
		{"root damaged", spoil(bucketRoots, []byte("/pictures")), true, "/pictures"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := copyOf(t, healthy)
			db, err := bolt.Open(path, 0o600, nil)
			ok(t, err)
			ok(t, db.Update(tc.harm))
			ok(t, db.Close())
			report := mustVerify(t, path)
			diff(t, "lost", tc.lost, report.Lost())
			if says := fmt.Sprint(report.Problems); !strings.Contains(says, tc.says) {
				t.Errorf("it says %s, not %q", says, tc.says)
			}
			checkRepair(t, path, want, tc.lost || tc.name == "two at one path", 9)
		})
	}
}

// checkRepair repairs a library and compares it, except for one document if
// anything was lost.
func checkRepair(t *testing.T, path string, want content, lost bool, except ID) {
	t.Helper()
	before := mustOpen(t, path, Options{ReadOnly: true})
	id := before.LibraryID()
	ok(t, before.Close())
	repaired, err := Repair(ctx, path, nil)
	ok(t, err)
	report := mustVerify(t, path)
	diff(t, "problems after repair", 0, len(report.Problems))
	s := mustOpen(t, path, Options{})
	got, err := readContent(s)
	if lost {
		if len(repaired.Lost) == 0 && repaired.Kept != "" || len(repaired.Lost) > 0 && s.LibraryID() == id {
			t.Errorf("repaired: %+v", repaired)
		}
		for id, tr := range got.Documents {
			if id != except && id != 1 {
				diff(t, fmt.Sprint("document ", id), want.Documents[id], tr)
			}
		}
	} else {
		diff(t, "report", RepairReport{Documents: len(want.Documents)}, repaired)
		diff(t, "library ID", id, s.LibraryID())
		diff(t, "documents", want.Documents, got.Documents)
		diff(t, "files", want.Files, got.Files)
		diff(t, "roots", want.Roots, got.Roots)
	}
	wantErr(t, err, ErrLogPruned)
	diff(t, "next ID", []ID{401}, putPaths(t, s, "/next"))
	var changes []Change
	ok(t, s.Changes(ctx, s.Sequence()-1, func(c Change) error { changes = append(changes, c); return nil }))
	diff(t, "changes", []Change{{s.Sequence(), OpPut, 401}}, changes)
}

func copyOf(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	ok(t, err)
	path = filepath.Join(t.TempDir(), "l")
	ok(t, os.WriteFile(path, data, 0o600))
	return path
}

// Damage to the pages themselves is found and repaired too.
func TestRepairPages(t *testing.T) {
	healthy := whole(t)
	want, err := readContent(mustOpen(t, healthy, Options{ReadOnly: true}))
	ok(t, err)
	for name, harm := range map[string]func(f *filePages){
		"list of free pages": func(f *filePages) { f.page(f.meta.freelist).data[8] = flagLeaf },
		"page that is lost": func(f *filePages) {
			list := f.page(f.meta.freelist)
			binary.NativeEndian.PutUint16(list.data[10:], uint16(list.count-1))
		},
		"older of the first pages": func(f *filePages) { f.data[(f.meta.transaction+1)%2*filePage+60] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			f := readPages(t, healthy)
			harm(f)
			path := filepath.Join(t.TempDir(), "l")
			ok(t, os.WriteFile(path, f.data, 0o600))
			report := mustVerify(t, path)
			diff(t, "problems", 1, len(report.Problems))
			diff(t, "lost", false, report.Lost())
			checkRepair(t, path, want, false, 0)
		})
	}
}

func TestVerifyCancelled(t *testing.T) {
	s := mustOpen(t, whole(t), Options{ReadOnly: true})
	cancelled, cancel := context.WithCancel(ctx)
	calls := 0
	_, err := s.Verify(cancelled, func(done, total int64) {
		if calls++; calls == 3 {
			cancel()
		}
		if done < 1 || done > total {
			t.Errorf("%d of %d bytes", done, total)
		}
	})
	wantErr(t, err, context.Canceled)
	diff(t, "calls", 3, calls)
}
