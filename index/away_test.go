package index

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/internal/scan"
)

// afterWalk lets a run walk as usual and calls change with what it found before anything is made of it.
func afterWalk(change func(*scan.Tree)) func(*Options) {
	return func(o *Options) {
		o.walk = func(ctx context.Context, dirs []string, opts scan.Options) (scan.Tree, error) {
			tree, err := scan.Walk(ctx, dirs, opts)
			change(&tree)
			return tree, err
		}
	}
}

// visible returns how many documents a search can find.
func (r *rig) visible() int {
	r.t.Helper()
	stats, err := r.store.Stats(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return int(stats.Documents)
}

func TestRunHidesNothingOfAMissingFolder(t *testing.T) {
	r := newRig(t)
	r.write("disk/red.png", red)
	r.write("here/green.png", green)
	dirs := func(o *Options) { o.Dirs = []string{r.path("disk"), r.path("here")} }
	r.run(dirs)
	r.rename("disk", "elsewhere")
	r.write("here/blue.png", blue)
	s, err := r.try(dirs)
	if !errors.Is(err, scan.ErrNoFolder) || len(s.Away) != 1 || s.Away[0].Path != r.path("disk") {
		t.Errorf("error %v, away %v", err, s.Away)
	}
	if s.Added != 1 || s.Hidden != 0 || r.visible() != 3 {
		t.Errorf("%d documents, %+v", r.visible(), s)
	}
	r.rename("elsewhere", "disk")
	if s = r.run(dirs); s.Unchanged != 3 || r.encoder.encoded.Load() != 0 {
		t.Errorf("after its return: %+v", s)
	}
}

func TestRunHidesNothingBelowAnUnreadableFolder(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("sub/green.png", green)
	r.write("sub/deep/blue.png", blue)
	r.run(nil)
	r.remove("red.png")
	r.write("violet.png", violet)
	s := r.run(afterWalk(func(tree *scan.Tree) {
		tree.Files = tree.Files[2:] // violet.png alone: sub comes before it
		tree.Problems = append(tree.Problems, scan.Problem{Path: r.path("sub"), Err: syscall.EIO})
	}))
	if s.Hidden != 1 || s.Added != 1 || len(s.Problems) != 1 {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"sub/deep/blue.png", "sub/green.png", "violet.png"}, r.names()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

// TestRunSurvivesAFolderThatGoesAway takes a folder away after it was walked, with new, changed and touched files in it.
func TestRunSurvivesAFolderThatGoesAway(t *testing.T) {
	r := newRig(t)
	r.write("disk/red.png", red)
	r.write("disk/green.png", green)
	r.write("here/yellow.png", yellow)
	dirs := func(o *Options) { o.Dirs = []string{r.path("disk"), r.path("here")} }
	r.run(dirs)
	r.write("disk/red.png", violet)
	r.touch("disk/green.png")
	r.write("disk/new.png", blue)
	r.write("here/white.png", white)
	s, err := r.try(func(o *Options) {
		dirs(o)
		afterWalk(func(*scan.Tree) {
			r.rename("disk", "unplugged")
			if err := os.Mkdir(r.path("disk"), 0o755); err != nil { // what an unmounted file system leaves
				t.Fatal(err)
			}
		})(o)
	})
	if !errors.Is(err, scan.ErrWentAway) || len(s.Away) != 1 || s.Away[0].Path != r.path("disk") {
		t.Errorf("error %v, away %v", err, s.Away)
	}
	if len(s.Skipped) != 0 || s.Hidden != 0 || s.Added != 1 || r.visible() != 4 {
		t.Errorf("%d documents, %+v", r.visible(), s)
	}
	if err := os.Remove(r.path("disk")); err != nil {
		t.Fatal(err)
	}
	r.rename("unplugged", "disk")
	if s = r.run(dirs); s.Added != 1 || s.Updated != 1 || s.Unchanged != 3 || r.visible() != 5 {
		t.Errorf("after its return: %d documents, %+v", r.visible(), s)
	}
}

// TestRunTriesReadingErrorsAgain removes files between the walk and the reading: a changed one stays searchable until a
// walk misses it, a new one is taken in when it is back, though it looks as it did.
func TestRunTriesReadingErrorsAgain(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("green.png", green)
	r.run(nil)
	r.write("red.png", violet)
	r.write("new.png", blue)
	s := r.run(afterWalk(func(*scan.Tree) {
		r.rename("red.png", "aside/red")
		r.rename("new.png", "aside/new")
	}))
	if len(s.Skipped) != 2 || s.Skipped[0].Reason != reasonGone || s.Hidden != 0 || r.visible() != 2 {
		t.Errorf("%d documents, %+v", r.visible(), s)
	}
	r.rename("aside/new", "new.png")
	if s = r.run(nil); s.Added != 1 || s.Hidden != 1 || len(s.Skipped) != 0 {
		t.Errorf("with one of them back: %+v", s)
	}
	if stats, err := r.store.Stats(context.Background()); err != nil || len(stats.Skipped) != 0 {
		t.Errorf("skipped files are remembered though one is gone and one was read: %v, %v", stats.Skipped, err)
	}
}

func TestRunFollowsAFolderMovedAsAWhole(t *testing.T) {
	for _, keep := range []bool{false, true} {
		r := newRig(t)
		r.write("old/red.png", red)
		r.write("old/green.png", green)
		r.run(func(o *Options) { o.Dirs = []string{r.path("old")} })
		before := r.ids()
		r.rename("old", "new")
		if keep { // the folder is there, empty
			if err := os.Mkdir(r.path("old"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		s := r.run(func(o *Options) { o.Dirs = []string{r.path("new")} })
		want := map[string]store.ID{"new/red.png": before["old/red.png"], "new/green.png": before["old/green.png"]}
		if diff := cmp.Diff(want, r.ids()); diff != "" || s.Moved != 2 || r.encoder.encoded.Load() != 0 {
			t.Errorf("%+v, documents (-want +got):\n%s", s, diff)
		}
	}
}

// TestRunFollowsFilesOutOfAnEmptiedFolder moves all pictures of one root into another: an error says that the first is
// empty once, and nothing stays behind.
func TestRunFollowsFilesOutOfAnEmptiedFolder(t *testing.T) {
	r := newRig(t)
	r.write("a/red.png", red)
	r.write("b/green.png", green)
	dirs := func(o *Options) { o.Dirs = []string{r.path("a"), r.path("b")} }
	r.run(dirs)
	id := r.ids()["a/red.png"]
	r.rename("a/red.png", "b/red.png")
	if _, err := r.try(dirs); !errors.Is(err, ErrEmptied) {
		t.Errorf("error is %v", err)
	}
	if ids := r.ids(); len(ids) != 2 || ids["b/red.png"] != id {
		t.Errorf("documents are %v, want %d at b/red.png", ids, id)
	}
	if _, err := r.try(dirs); err != nil {
		t.Error(err)
	}
}

func TestRunHidesAllThatIsExcluded(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.run(nil)
	if s, err := r.try(func(o *Options) { o.Exclude = []string{"*"} }); !errors.Is(err, ErrNoPictures) || s.Hidden != 1 {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestRunReadsIgnoreFiles leaves out what is indexed already by an ignore file and takes it back.
func TestRunReadsIgnoreFiles(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("sub/green.png", green)
	r.write("sub/keep/blue.png", blue)
	r.run(nil)
	before := r.ids()
	r.write("sub/"+scan.IgnoreFile, []byte("*.png\n!keep/*\n"))
	r.write("sub/keep/"+scan.IgnoreFile, []byte("!blue.png\n"))
	if s := r.run(nil); s.Hidden != 1 || s.Excluded != 1 {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"red.png", "sub/keep/blue.png"}, r.names()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	r.remove("sub/" + scan.IgnoreFile)
	if s := r.run(nil); s.Returned != 1 || r.encoder.encoded.Load() != 0 {
		t.Errorf("taken back: %+v", s)
	}
	if diff := cmp.Diff(before, r.ids()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

// TestRunRepeats runs without folders: those of the runs before are taken, each with its own patterns.
func TestRunRepeats(t *testing.T) {
	r := newRig(t)
	none := func(o *Options) { o.Dirs = nil }
	if _, err := r.try(none); !errors.Is(err, ErrNoFolders) {
		t.Errorf("an empty library gives %v", err)
	}
	r.write("a/red.png", red)
	r.write("a/raw/green.png", green)
	r.write("b/raw/blue.png", blue)
	list := r.path("captions.tsv")
	if err := os.WriteFile(list, []byte("red.png\ta barn\nviolet.png\ta flower\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r.run(func(o *Options) {
		o.Dirs, o.Exclude, o.Captions = []string{r.path("a")}, []string{"raw/"}, []string{list}
	})
	r.run(func(o *Options) { o.Dirs = []string{r.path("b")} })
	want := []string{"a/red.png", "b/raw/blue.png"}
	for range 2 {
		if s := r.run(none); s.Found != len(want) || r.encoder.encoded.Load() != int64(len(want)-2) {
			t.Errorf("%+v", s)
		}
		if diff := cmp.Diff(want, r.names()); diff != "" {
			t.Errorf("documents (-want +got):\n%s", diff)
		}
		r.write("a/violet.png", violet)
		want = []string{"a/red.png", "a/violet.png", "b/raw/blue.png"}
	}
	// A caption file that is gone takes nobody's captions away.
	if err := os.Remove(list); err != nil {
		t.Fatal(err)
	}
	if s := r.run(none); len(s.Problems) != 1 || s.Problems[0].Path != list {
		t.Errorf("problems are %v", s.Problems)
	}
	for _, name := range []string{"a/red.png", "a/violet.png"} {
		if captions, err := r.store.Captions(r.ids()[name]); err != nil || len(captions) != 1 {
			t.Errorf("%s has the captions %v, %v", name, captions, err)
		}
	}
}

// TestRunTakesNamesThatAreNotText indexes and moves files whose names are not UTF-8.
func TestRunTakesNamesThatAreNotText(t *testing.T) {
	r := newRig(t)
	if err := os.WriteFile(r.path("caf\xe9.png"), red, 0o644); err != nil {
		t.Skip("this file system takes UTF-8 names only:", err)
	}
	r.run(nil)
	id := r.ids()["caf\xe9.png"]
	if err := os.Rename(r.path("caf\xe9.png"), filepath.Join(r.folder, "\xff\xfe.png")); err != nil {
		t.Fatal(err)
	}
	if s := r.run(nil); s.Moved != 1 || r.ids()["\xff\xfe.png"] != id || id == 0 {
		t.Errorf("%+v, documents %v", s, r.ids())
	}
}
