package index

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/internal/scan"
)

// watched is a Watch beside a test.
type watched struct {
	*rig
	passes chan Pass
	cancel context.CancelFunc
	ended  chan error
}

// watch starts a Watch with short times.
func (r *rig) watch(change func(*Options)) *watched {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watched{rig: r, passes: make(chan Pass, 100), cancel: cancel, ended: make(chan error, 1)}
	opts := Options{Dirs: []string{r.folder}, Encoder: r.encoder, Batch: 4}
	if change != nil {
		change(&opts)
	}
	times := scan.WatchOptions{Quiet: 100 * time.Millisecond, Patience: time.Second}
	go func() {
		w.ended <- Watch(ctx, r.store, opts, WatchOptions{Done: func(p Pass) { w.passes <- p }, wait: times})
	}()
	r.t.Cleanup(cancel)
	return w
}

// next returns the next pass that did something or met an error.
func (w *watched) next() Pass {
	w.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case p := <-w.passes:
			if p.Changed() || p.Err != nil {
				return p
			}
		case err := <-w.ended:
			w.t.Fatalf("the watch ended: %v", err)
		case <-deadline:
			w.t.Fatal("no pass did anything")
		}
	}
}

// TestWatchFollows makes one change after another and looks at what the library holds after the pass for it.
func TestWatchFollows(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	w := r.watch(nil)
	if p := w.next(); p.Number != 1 || p.Reason != "" || p.Summary.Added != 1 || p.Err != nil {
		t.Fatalf("first pass: %+v", p)
	}
	steps := []struct {
		change func()
		want   []string
	}{
		{func() { r.write("sub/deep/green.png", green) }, []string{"red.png", "sub/deep/green.png"}},
		{func() { r.write("sub/deep/blue.png", blue) }, []string{"red.png", "sub/deep/blue.png", "sub/deep/green.png"}},
		{func() { r.rename("sub", "other") }, []string{"other/deep/blue.png", "other/deep/green.png", "red.png"}},
		{func() { r.write("other/"+scan.IgnoreFile, []byte("deep/\n")) }, []string{"red.png"}},
		{func() { r.remove("other/" + scan.IgnoreFile) }, []string{"other/deep/blue.png", "other/deep/green.png", "red.png"}},
		{func() { r.remove("red.png") }, []string{"other/deep/blue.png", "other/deep/green.png"}},
	}
	for i, step := range steps {
		step.change()
		for deadline := time.Now().Add(20 * time.Second); ; {
			p := w.next()
			if p.Reason != scan.Changed || p.Err != nil {
				t.Errorf("step %d: %+v", i, p)
			}
			got := r.names()
			if cmp.Equal(step.want, got) {
				break
			}
			if time.Now().After(deadline) { // a change may be seen in two passes
				t.Fatalf("step %d (-want +got):\n%s", i, cmp.Diff(step.want, got))
			}
		}
	}
	w.cancel()
	if err := <-w.ended; err != nil {
		t.Errorf("an idle watch ends with %v", err)
	}
}

// TestWatchOutlivesAFolder takes a folder away and brings it back.
func TestWatchOutlivesAFolder(t *testing.T) {
	r := newRig(t)
	r.write("disk/red.png", red)
	r.write("here/green.png", green)
	w := r.watch(func(o *Options) { o.Dirs = []string{r.path("disk"), r.path("here")} })
	w.next()
	r.rename("disk", "aside")
	if p := w.next(); !errors.Is(p.Err, scan.ErrNoFolder) || r.visible() != 2 {
		t.Errorf("without it: %v, %d documents", p.Err, r.visible())
	}
	if err := os.WriteFile(r.path("aside/blue.png"), blue, 0o644); err != nil {
		t.Fatal(err)
	}
	r.rename("aside", "disk")
	for p := w.next(); p.Err != nil; p = w.next() {
	}
	if r.visible() != 3 {
		t.Errorf("%d documents after its return", r.visible())
	}
}

func TestWatchEndsWithTheFirstError(t *testing.T) {
	r := newRig(t)
	w := r.watch(func(o *Options) { o.Dirs = []string{r.path("none")} })
	if err := <-w.ended; !errors.Is(err, scan.ErrNoFolder) {
		t.Errorf("a folder that nobody knows gives %v", err)
	}
}

// TestWatchSurvivesErrorsOfAPass has the encoder fail once.
func TestWatchSurvivesErrorsOfAPass(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	out := errors.New("out of memory")
	var failures atomic.Int32
	r.encoder.refuse = func([]uint8) error {
		if failures.Add(-1) >= 0 {
			return out
		}
		return nil
	}
	w := r.watch(nil)
	w.next()
	failures.Store(2) // the batch and the picture alone
	r.write("green.png", green)
	if p := w.next(); p.Err == nil && p.Summary.Added == 0 {
		t.Errorf("the pass with the error: %+v", p)
	}
	r.write("blue.png", blue)
	for len(r.names()) < 3 {
		if p := w.next(); p.Err != nil && !errors.Is(p.Err, out) {
			t.Fatal(p.Err)
		}
	}
}

// TestWatchStopsInAPass ends the context while a picture is encoded.
func TestWatchStopsInAPass(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	begun := make(chan struct{})
	var w *watched
	r.encoder.refuse = func([]uint8) error {
		<-begun
		w.cancel()
		return nil
	}
	w = r.watch(nil)
	close(begun)
	if err := <-w.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a watch that is stopped in a pass ends with %v", err)
	}
}
