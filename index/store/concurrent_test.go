package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// Readers whose callbacks call the store again run beside a writer that makes the
// map grow: with a read transaction held open, bbolt would block for ever.
func TestReadersBesideGrowingWriter(t *testing.T) {
	s := newStore(t)
	putPaths(t, s, "/a", "/b", "/c")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := readAll(s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for i := range 40 { // 40 × 256 KB: the map doubles eight times from 32 KB
			e := fullEntry(fmt.Sprint("/p/", i))
			e.Thumb = make([]byte, 256<<10)
			if _, err := s.Put(ctx, []Entry{e}); err != nil {
				t.Error(err)
			}
		}
		close(done)
		wg.Wait()
	}()
	select {
	case <-finished:
	case <-time.After(2 * time.Minute):
		t.Fatal("deadlock")
	}
	ok(t, s.Close())
}

// readAll calls every reading method, most from within a callback.
func readAll(s *Store) error {
	err := s.EachRecord(ctx, func(r Record) error {
		if _, err := s.Document(r.Document.ID); err != nil {
			return err
		}
		if _, err := s.ByPath(r.Document.Path); err != nil {
			return err
		}
		if _, err := s.ByHash(r.Document.Hash); err != nil {
			return err
		}
		_, err := readTruth(s, r.Document.ID)
		return err
	})
	if err != nil {
		return err
	}
	var last uint64
	err = s.Changes(ctx, 0, func(c Change) error {
		if c.Sequence != last+1 {
			return fmt.Errorf("change %d after %d", c.Sequence, last)
		}
		last = c.Sequence
		return s.EachHalf(ctx, func(ID, []uint16) error { return nil })
	})
	if err != nil {
		return err
	}
	_, err = s.Stats(ctx)
	return err
}

// Every record is seen once and in order, whatever the page boundaries, while
// documents come, move and go behind and ahead of the reader.
func TestPaging(t *testing.T) {
	for _, n := range []int{0, 1, pageSize - 1, pageSize, pageSize + 1, 2*pageSize + 7} {
		s := newStore(t)
		var paths []string
		for i := range n {
			paths = append(paths, fmt.Sprintf("/p/%05d", i))
		}
		if n > 0 {
			putPaths(t, s, paths...)
		}
		var ids []ID
		ok(t, s.EachDocument(ctx, func(d Document) error { ids = append(ids, d.ID); return nil }))
		if len(ids) != n || !slices.IsSorted(ids) {
			t.Errorf("%d documents: %d IDs", n, len(ids))
		}
		var got []string
		ok(t, s.EachFile(ctx, func(f File) error { got = append(got, f.Path); return nil }))
		diff(t, "paths", paths, got)

		ids = nil
		ok(t, s.EachDocument(ctx, func(d Document) error {
			ids = append(ids, d.ID)
			if d.ID%3 == 0 && d.ID > 3 {
				return s.Forget(ctx, d.ID, d.ID-1) // one that is being read, one already read
			}
			return nil
		}))
		if len(slices.Compact(slices.Clone(ids))) != len(ids) || !slices.IsSorted(ids) || len(ids) != n {
			t.Errorf("%d documents: %d IDs while forgetting", n, len(ids))
		}
		ok(t, s.Close())
	}
}

// Writers of all kinds at once: the log has no gaps and the cached state is the stored one.
func TestConcurrentWriters(t *testing.T) {
	s := newStore(t)
	putPaths(t, s, "/x")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				if _, err := s.Put(ctx, []Entry{{Document: Document{Path: fmt.Sprint("/", w, "/", i)}}}); err != nil {
					t.Error(err)
				}
				if err := s.SetModel(ctx, Model{ID: "clip-test", Dir: fmt.Sprint(w, i), Dims: 4}); err != nil {
					t.Error(err)
				}
				if err := s.Touch(ctx, map[ID]Stat{1: {Size: int64(i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	var last uint64
	ok(t, s.Changes(ctx, 0, func(c Change) error {
		if c.Sequence != last+1 {
			t.Errorf("change %d after %d", c.Sequence, last)
		}
		last = c.Sequence
		return nil
	}))
	model, sequence, path := s.Model(), s.Sequence(), s.Path()
	diff(t, "sequence", last, sequence)
	ok(t, s.Close())
	s = mustOpen(t, path, Options{ReadOnly: true})
	diff(t, "model", model, s.Model())
	diff(t, "sequence", sequence, s.Sequence())
}
