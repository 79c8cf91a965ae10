package scan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// watching returns a watcher of root with short times, and a walk that it has seen.
func watching(t *testing.T, root string, change func(*WatchOptions)) *Watcher {
	t.Helper()
	opts := WatchOptions{Picture: jpegs, Quiet: 50 * time.Millisecond, Patience: time.Second, Rescan: time.Hour, poll: 20 * time.Millisecond}
	if change != nil {
		change(&opts)
	}
	w := NewWatcher(opts)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.system == nil {
		t.Skip("this system watches no folders:", w.Limit())
	}
	walkAgain(t, w, root)
	return w
}

func walkAgain(t *testing.T, w *Watcher, root string) Tree {
	t.Helper()
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, Exclude: patterns("left/"), Enter: w.Enter})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// wait waits up to some time; "" means that nothing happened.
func wait(t *testing.T, w *Watcher, most time.Duration) Reason {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	reason, err := w.Wait(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	return reason
}

const (
	soon  = 10 * time.Second       // for what must happen, on a busy machine
	never = 300 * time.Millisecond // for what must not
)

func TestWatcherNotices(t *testing.T) {
	tests := []struct {
		name   string
		change func(root string) error
		want   Reason
	}{
		{"a new picture", func(root string) error { return os.WriteFile(root+"/new.jpg", nil, 0o644) }, Changed},
		{"a new picture further down", func(root string) error { return os.WriteFile(root+"/sub/deep/new.jpg", nil, 0o644) }, Changed},
		{"a changed picture", func(root string) error { return os.WriteFile(root+"/a.jpg", []byte("other"), 0o644) }, Changed},
		{"a vanished picture", func(root string) error { return os.Remove(root + "/a.jpg") }, Changed},
		{"a renamed picture", func(root string) error { return os.Rename(root+"/a.jpg", root+"/sub/b.jpg") }, Changed},
		{"a picture renamed to something else", func(root string) error { return os.Rename(root+"/a.jpg", root+"/a.bak") }, Changed},
		{"a caption", func(root string) error { return os.WriteFile(root+"/a.txt", []byte("a thing"), 0o644) }, Changed},
		{"an ignore file", func(root string) error { return os.WriteFile(root+"/sub/"+IgnoreFile, []byte("*"), 0o644) }, Changed},
		{"a new folder", func(root string) error { return os.Mkdir(root+"/more", 0o755) }, Changed},
		{"a renamed folder", func(root string) error { return os.Rename(root+"/sub", root+"/.sub") }, Changed},
		{"a removed folder", func(root string) error { return os.RemoveAll(root + "/sub") }, Changed},
		{"a folder moved in", func(root string) error { return os.Rename(root+"/.aside", root+"/aside") }, Changed},
		{"another file", func(root string) error { return os.WriteFile(root+"/library.db", []byte("x"), 0o644) }, ""},
		{"a hidden picture", func(root string) error { return os.WriteFile(root+"/._a.jpg", nil, 0o644) }, ""},
		{"an excluded picture", func(root string) error { return os.WriteFile(root+"/left/new.jpg", nil, 0o644) }, ""},
		{"access rights", func(root string) error { return os.Chmod(root+"/a.jpg", 0o600) }, ""},
		{"nothing", func(string) error { return nil }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := tree(t, "a.jpg", "sub/deep/b.jpg", "left/c.jpg", ".aside/d.jpg")
			w := watching(t, root, nil)
			if err := test.change(root); err != nil {
				t.Fatal(err)
			}
			most := soon
			if test.want == "" {
				most = never
			}
			if got := wait(t, w, most); got != test.want {
				t.Errorf("reason %q, want %q", got, test.want)
			}
		})
	}
}

// TestWatcherFollowsFolders looks for changes in folders that were made, moved and made again while it watched.
func TestWatcherFollowsFolders(t *testing.T) {
	root := tree(t, "a.jpg", "sub/b.jpg")
	w := watching(t, root, nil)
	steps := []func() error{
		func() error { return os.MkdirAll(root+"/new/deep", 0o755) },
		func() error { return os.WriteFile(root+"/new/deep/c.jpg", nil, 0o644) },
		func() error { return os.Rename(root+"/new", root+"/moved") },
		func() error { return os.WriteFile(root+"/moved/deep/d.jpg", nil, 0o644) },
		func() error { return os.MkdirAll(root+"/new/deep", 0o755) },
		func() error { return os.WriteFile(root+"/new/deep/e.jpg", nil, 0o644) },
		func() error { return os.WriteFile(root+"/moved/deep/f.jpg", nil, 0o644) },
		func() error { return os.RemoveAll(root + "/moved") },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if got := wait(t, w, soon); got != Changed {
			t.Fatalf("step %d: reason %q", i, got)
		}
		walkAgain(t, w, root)
	}
	if got := wait(t, w, never); got != "" {
		t.Errorf("without a change: reason %q", got)
	}
}

// TestWatcherWaitsForQuiet makes changes one after another: they count once, when they end or patience does.
func TestWatcherWaitsForQuiet(t *testing.T) {
	root := tree(t, "a.jpg")
	w := watching(t, root, func(o *WatchOptions) { o.Quiet, o.Patience = 400*time.Millisecond, 1200*time.Millisecond })
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				_ = os.WriteFile(filepath.Join(root, "new.jpg"), []byte(time.Now().String()), 0o644)
			}
		}
	}()
	start := time.Now()
	got := wait(t, w, soon)
	close(stop)
	<-stopped
	if took := time.Since(start); got != Changed || took < time.Second {
		t.Errorf("changes without an end: %q after %v, want patience of 1.2 s", got, took)
	}
	wait(t, w, 600*time.Millisecond) // those since, if there were any
	if got := wait(t, w, 600*time.Millisecond); got != "" {
		t.Errorf("the changes count again: %q", got)
	}
}

func TestWatcherRescans(t *testing.T) {
	w := watching(t, tree(t, "a.jpg"), func(o *WatchOptions) { o.Rescan = 50 * time.Millisecond })
	if got := wait(t, w, soon); got != Rescan {
		t.Errorf("reason %q", got)
	}
	w.note(Overflowed)
	if got := wait(t, w, soon); got != Overflowed {
		t.Errorf("reason %q", got)
	}
}

// TestWatcherMeetsTheLimit answers as inotify does when it is full.
func TestWatcherMeetsTheLimit(t *testing.T) {
	root := tree(t, "a.jpg", "sub/b.jpg", "more/c.jpg")
	left := 1
	w := watching(t, root, func(o *WatchOptions) {
		o.Rescan = 200 * time.Millisecond
		o.add = func(string) error {
			if left == 0 {
				return os.NewSyscallError("inotify_add_watch", syscall.ENOSPC)
			}
			left--
			return nil
		}
	})
	if err := w.Limit(); !errors.Is(err, ErrWatchLimit) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("limit is %v", err)
	}
	if got := wait(t, w, soon); got != Rescan {
		t.Errorf("reason %q", got)
	}
	left = 3
	if walkAgain(t, w, root); w.Limit() != nil {
		t.Errorf("after the limit was raised: %v", w.Limit())
	}
}

func TestWatcherAwaitsFolders(t *testing.T) {
	root := tree(t, "a.jpg")
	w := watching(t, root, nil)
	disk := filepath.Join(t.TempDir(), "disk")
	w.Await([]Problem{{Path: disk, Err: ErrNoFolder}})
	if got := wait(t, w, never); got != "" {
		t.Errorf("before its return: %q", got)
	}
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, w, soon); got != Returned {
		t.Errorf("reason %q", got)
	}
	w.Await([]Problem{{Path: disk}}) // empty, as where nothing is mounted
	if got := wait(t, w, never); got != "" {
		t.Errorf("before something was mounted: %q", got)
	}
	if err := os.Rename(disk, disk+".below"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, w, soon); got != Returned {
		t.Errorf("reason %q", got)
	}
	w.Await(nil)
	if got := wait(t, w, never); got != "" {
		t.Errorf("with nothing to wait for: %q", got)
	}
}
