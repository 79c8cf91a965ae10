package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestCompactOpen compacts a library while others read and write it, and while another process would like to have it.
func TestCompactOpen(t *testing.T) {
	path := whole(t) // 1, 2 and 7 are hidden
	s := mustOpen(t, path, Options{})
	third, err := s.Document(3)
	ok(t, err)
	before := s.Sequence()
	reading, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for reading.Err() == nil {
				if d, err := s.Document(3); err != nil || d.Path != third.Path {
					t.Errorf("document 3 is %+v, %v", d, err)
					return
				}
				if err := s.EachRecord(reading, func(Record) error { return nil }); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if _, err := s.Stats(reading); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	var written chan error
	var steps []string
	report, err := s.Compact(ctx, CompactOptions{step: func(name string) {
		steps = append(steps, name)
		if written == nil {
			written = make(chan error, 1)
			go func() { written <- s.Hide(ctx, 5) }() // it waits
		}
		if _, err := Open(path, Options{ReadOnly: true, Timeout: time.Millisecond}); !errors.Is(err, ErrInUse) {
			t.Errorf("before %s another process gets the library: %v", name, err)
		}
	}}, func(next os.FileInfo) (func(bool), error) {
		if now, err := os.Stat(path); err != nil || os.SameFile(now, next) {
			t.Errorf("the new file has the name already (%v)", err)
		}
		return func(moved bool) {
			if now, err := os.Stat(path); err != nil || !moved || !os.SameFile(now, next) {
				t.Errorf("moved is %v where the name is the new file's (%v)", moved, err)
			}
		}, nil
	})
	ok(t, err)
	ok(t, <-written)
	stop()
	readers.Wait()
	diff(t, "forgotten", 3, report.Forgotten)
	diff(t, "last step", "sync folder", steps[len(steps)-1])
	diff(t, "sequence", before+4, s.Sequence()) // three forgotten, one hidden
	_, err = s.Document(1)
	wantErr(t, err, ErrNoDocument)
	wantErr(t, s.Changes(ctx, 0, func(Change) error { return nil }), ErrLogPruned)
	var last []Change
	ok(t, s.Changes(ctx, before, func(c Change) error { last = append(last, c); return nil }))
	diff(t, "changes", []Change{{before + 1, OpForget, 1}, {before + 2, OpForget, 2}, {before + 3, OpForget, 7}, {before + 4, OpHide, 5}}, last)
	entries, err := os.ReadDir(filepath.Dir(path))
	ok(t, err)
	diff(t, "files", 1, len(entries))
	_, err = Open(path, Options{ReadOnly: true, Timeout: time.Millisecond})
	wantErr(t, err, ErrInUse)
	putPaths(t, s, "/next")
	ok(t, s.Close())
	diff(t, "problems", 0, len(mustVerify(t, path).Problems))
	s = mustOpen(t, path, Options{})
	d, err := s.Document(5)
	ok(t, err)
	diff(t, "hidden", true, d.Hidden)
}

// TestCompactOpenStays holds that the old file goes on where anything goes wrong before the new one has its name.
func TestCompactOpenStays(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	refusal := errors.New("no place to meet")
	for name, test := range map[string]struct {
		ctx  context.Context
		meet Meet
		want error
	}{
		"cancelled": {cancelled, nil, context.Canceled},
		"refused":   {ctx, func(os.FileInfo) (func(bool), error) { return nil, refusal }, refusal},
	} {
		t.Run(name, func(t *testing.T) {
			path := whole(t)
			s := mustOpen(t, path, Options{})
			old, err := os.Stat(path)
			ok(t, err)
			_, err = s.Compact(test.ctx, CompactOptions{}, test.meet)
			wantErr(t, err, test.want)
			now, err := os.Stat(path)
			ok(t, err)
			diff(t, "the same file", true, os.SameFile(old, now))
			entries, err := os.ReadDir(filepath.Dir(path))
			ok(t, err)
			diff(t, "files", 1, len(entries))
			putPaths(t, s, "/next")
			ok(t, s.Close())
			_, err = s.Compact(ctx, CompactOptions{}, nil)
			wantErr(t, err, ErrClosed)
		})
	}
	s := mustOpen(t, whole(t), Options{ReadOnly: true})
	_, err := s.Compact(ctx, CompactOptions{}, nil)
	wantErr(t, err, ErrReadOnly)
}

// TestCompactOpenSettles tells whoever met the new file that it was for nothing where the library is closed meanwhile.
func TestCompactOpenSettles(t *testing.T) {
	s := mustOpen(t, whole(t), Options{})
	settled := 0
	_, err := s.Compact(ctx, CompactOptions{}, func(os.FileInfo) (func(bool), error) {
		return func(moved bool) {
			settled++
			diff(t, "moved", false, moved)
		}, s.Close()
	})
	wantErr(t, err, ErrClosed)
	diff(t, "settled", 1, settled)
}
