package text

import (
	"context"
	"errors"
	"strings"
	"testing"

	"clipsearch/index/store"
)

// TestRebuild takes a picture out of an open index behind its back: Check finds that, and Rebuild mends it, though the
// snapshot in the library has the same fault.
func TestRebuild(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	ids := somePictures(t, st, saveFrom+10)
	x := mustOpen(t, dir, st, Options{Background: true})
	ok(t, x.Wait(ctx))
	problems, err := x.Check(ctx)
	ok(t, err)
	diff(t, "problems", 0, len(problems))

	ok(t, x.current().apply([]change{{id: ids[4]}}, st.LibraryID(), st.Sequence()))
	ok(t, x.Save(ctx))
	problems, err = x.Check(ctx)
	ok(t, err)
	if len(problems) == 0 || !strings.Contains(problems[0], "picture 5 is missing") {
		t.Errorf("problems: %q", problems)
	}

	ok(t, x.Rebuild(ctx))
	problems, err = x.Check(ctx)
	ok(t, err)
	diff(t, "problems after rebuilding", 0, len(problems))
	if err := st.LoadSnapshot(ctx, SnapshotName, nil); !errors.Is(err, store.ErrNoSnapshot) {
		t.Errorf("the old snapshot is still there: %v", err)
	}
	ok(t, x.Save(ctx))
	saved, err := x.saved()
	ok(t, err)
	diff(t, "sequence saved", st.Sequence(), saved)
}

// TestRebuildGoesOn holds that nobody is left without an index by whoever stops waiting for a new one.
func TestRebuildGoesOn(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	somePictures(t, st, 20)
	x := mustOpen(t, dir, st, Options{Background: true})
	ok(t, x.Wait(ctx))
	stopped, stop := context.WithCancel(ctx)
	stop()
	if err := x.Rebuild(stopped); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ok(t, x.Wait(ctx))
	ok(t, x.Sync(ctx))
	diff(t, "documents", 20, x.Len())
	ok(t, x.Close())
	if err := x.Rebuild(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
