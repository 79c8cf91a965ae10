package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// filePages are the bytes of a library file, to be damaged.
type filePages struct {
	data []byte
	meta meta
}

func readPages(t testing.TB, path string) *filePages {
	t.Helper()
	data, err := os.ReadFile(path)
	ok(t, err)
	metas, good, err := readMetas(bytes.NewReader(data), filePage)
	ok(t, err)
	diff(t, "meta pages", [2]bool{true, true}, good)
	m := metas[0]
	if metas[1].transaction > m.transaction {
		m = metas[1]
	}
	return &filePages{data, m}
}

func (f *filePages) page(id uint64) page { return parseHeader(f.data[id*filePage:]) }

// find returns the first page that is in use, of that kind, and accepted.
func (f *filePages) find(t testing.TB, flags uint16, accept func(p page) bool) page {
	t.Helper()
	for id := range f.used(t) {
		if p := f.page(uint64(id)); p.id == uint64(id) && p.flags == flags && accept(p) {
			return p
		}
	}
	t.Fatalf("no page of kind %#x", flags)
	return page{}
}

// used returns all page numbers, in order, of pages that begin a page in use.
func (f *filePages) used(t testing.TB) map[int]bool {
	t.Helper()
	used := map[int]bool{}
	list := f.page(f.meta.freelist)
	free := map[uint64]bool{}
	for i := range list.count {
		free[binary.NativeEndian.Uint64(list.data[pageHeader+8*i:])] = true
	}
	for id := uint64(2); id < f.meta.pages; id++ {
		if !free[id] {
			used[int(id)] = true
		}
	}
	return used
}

// wide makes a library whose trees have branches, and free pages.
func wide(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "l")
	fill(t, path, 400)
	s := mustOpen(t, path, Options{})
	ok(t, s.Hide(ctx, 7))
	ok(t, s.Forget(ctx, 100, 101, 102))
	ok(t, s.Close())
	return path
}

func TestPageDamage(t *testing.T) {
	healthy := wide(t)
	some := func(page) bool { return true }
	put := func(p page, at int, value uint64) { binary.NativeEndian.PutUint64(p.data[at:], value) }
	for _, tc := range []struct {
		name   string
		harm   func(t *testing.T, f *filePages)
		reader bool // a reader notices too
	}{
		{"branch that names itself", func(t *testing.T, f *filePages) {
			p := f.find(t, flagBranch, some)
			put(p, pageHeader+8, p.id)
		}, true},
		{"branch that names itself last", func(t *testing.T, f *filePages) {
			p := f.find(t, flagBranch, some)
			put(p, pageHeader+(p.count-1)*elementSize+8, p.id)
		}, true},
		{"branch that names a page beyond the end", func(t *testing.T, f *filePages) {
			put(f.find(t, flagBranch, some), pageHeader+8, 1<<40)
		}, true},
		{"branch that names a page beyond all numbers", func(t *testing.T, f *filePages) {
			put(f.find(t, flagBranch, some), pageHeader+8, 1<<63+5)
		}, true},
		{"branch that names a page twice", func(t *testing.T, f *filePages) {
			p := f.find(t, flagBranch, func(p page) bool { return p.count > 2 })
			put(p, pageHeader+elementSize+8, p.child(0))
		}, true},
		{"empty branch", func(t *testing.T, f *filePages) {
			binary.NativeEndian.PutUint16(f.find(t, flagBranch, some).data[10:], 0)
		}, true},
		{"leaf that lost a record", func(t *testing.T, f *filePages) {
			p := f.find(t, flagLeaf, func(p page) bool { return p.count > 2 })
			binary.NativeEndian.PutUint16(p.data[10:], uint16(p.count-1))
		}, true},
		{"leaf whose last value is long", func(t *testing.T, f *filePages) {
			p := f.find(t, flagLeaf, func(p page) bool { return p.count > 2 })
			binary.NativeEndian.PutUint32(p.data[pageHeader+(p.count-1)*elementSize+12:], 1<<31)
		}, true},
		{"free page that is in use", func(t *testing.T, f *filePages) {
			leaf := f.find(t, flagLeaf, some)
			list := f.page(f.meta.freelist)
			put(list, pageHeader, leaf.id)
			for i := 1; i < list.count; i++ {
				put(list, pageHeader+8*i, f.meta.pages-uint64(list.count-i))
			}
		}, false},
		{"free pages without number", func(t *testing.T, f *filePages) {
			list := f.page(f.meta.freelist)
			binary.NativeEndian.PutUint16(list.data[10:], 0xFFFF)
			put(list, pageHeader, 1<<44)
		}, false},
		{"free pages that are no list", func(t *testing.T, f *filePages) {
			list := f.page(f.meta.freelist)
			binary.NativeEndian.PutUint16(list.data[8:], flagLeaf)
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := readPages(t, healthy)
			tc.harm(t, f)
			path := filepath.Join(t.TempDir(), "l")
			ok(t, os.WriteFile(path, f.data, 0o600))
			_, err := Open(path, Options{})
			wantErr(t, err, ErrCorrupt, "page")
			s, err := Open(path, Options{ReadOnly: true})
			if err == nil {
				err = readEverything(s)
				s.Close()
			}
			if tc.reader {
				wantErr(t, err, ErrCorrupt)
			} else {
				ok(t, err)
			}
		})
	}
}

// readEverything reads every record in every way.
func readEverything(s *Store) error {
	if err := readAll(s); err != nil {
		return err
	}
	if err := s.EachFile(ctx, func(File) error { return nil }); err != nil {
		return err
	}
	if err := s.EachHalf(ctx, func(ID, []uint16) error { return nil }); err != nil {
		return err
	}
	if _, err := s.Roots(); err != nil {
		return err
	}
	_, err := s.Snapshots()
	return err
}

// On libraries of all shapes the page check and bbolt's own say the same: nothing.
func TestPageCheckAgreesWithBolt(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("long path ", 900) // pages with overflow in the tree of paths
	check := func(what string) {
		t.Helper()
		ok(t, s.db.View(func(tx *bolt.Tx) error {
			for err := range tx.Check() {
				t.Errorf("%s: bbolt: %v", what, err)
			}
			c := newPageCheck(s.file, tx, allBytes)
			m, err := s.meta(tx)
			ok(t, err)
			roots, err := c.roots(m.root)
			ok(t, err)
			for name, root := range roots {
				if root != 0 {
					ok(t, c.tree([]byte(name), root))
				}
			}
			ok(t, c.freelist(m.freelist))
			for id := uint64(2); id < c.pages; id++ {
				if !c.used.has(id) {
					t.Errorf("%s: page %d of %d was not met", what, id, c.pages)
				}
			}
			return nil
		}))
	}
	check("empty")
	for n := range 12 {
		var entries []Entry
		for i := range 40 {
			e := fullEntry(fmt.Sprintf("/%s%d/%d", long[:n*700], n, i))
			e.Thumb = noise(i * 400)
			entries = append(entries, e)
		}
		ids, err := s.Put(ctx, entries)
		ok(t, err)
		check(fmt.Sprint("put ", n))
		ok(t, s.Forget(ctx, ids[:n*3]...))
		check(fmt.Sprint("forget ", n))
	}
	ok(t, save(s, "n", SnapshotInfo{}, noise(9*chunkBytes+1)))
	check("snapshot")
	ok(t, s.DeleteSnapshot(ctx, "n"))
	check("many free pages")
}

func FuzzPage(f *testing.F) {
	pages := readPages(f, wide(f))
	for id := range pages.used(f) {
		f.Add(bytes.Clone(pages.data[id*filePage:][:filePage]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < pageHeader {
			return
		}
		p := parseHeader(data)
		if _, err := p.checkLayout(); err != nil {
			return
		}
		p.checkKeys(nil, nil)
		for i := range p.count { // none of it may panic on an accepted page
			if p.flags == flagBranch {
				p.child(i)
			} else if is, err := p.isBucket(i); is && err == nil {
				bucketRoot(p.value(i))
			}
		}
	})
}
