package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// failing lists folders as os.ReadDir does, but for those that are given, relative to root, after calling their function.
func failing(root string, at map[string]func() error) func(string) ([]fs.DirEntry, error) {
	return func(dir string) ([]fs.DirEntry, error) {
		relative, err := filepath.Rel(root, dir)
		if err != nil {
			return nil, err
		}
		entries, err := os.ReadDir(dir)
		if fail := at[filepath.ToSlash(relative)]; fail != nil {
			if failure := fail(); failure != nil {
				return entries[:len(entries)/2], &fs.PathError{Op: "readdirent", Path: dir, Err: failure}
			}
		}
		return entries, err
	}
}

func TestWalkSkipsWhatSystemsLeaveBehind(t *testing.T) {
	root := tree(t, "a.jpg", ".DS_Store.jpg", "._a.jpg", ".hidden/a.jpg", "@eaDir/a.jpg", "#recycle/a.jpg", "$Recycle.Bin/a.jpg",
		"lost+found/a.jpg", "System Volume Information/a.jpg", "@Recycle/a.jpg", "__MACOSX/a.jpg", "sub/@eaDir/a.jpg", "sub/.a.jpg", "sub/b.jpg",
		"recycle/a.jpg", IgnoreFile)
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, Exclude: patterns("!*")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.jpg", "recycle/a.jpg", "sub/b.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got.Excluded != 0 {
		t.Errorf("%d are counted as excluded", got.Excluded)
	}
}

func TestWalkTakesAHiddenRoot(t *testing.T) {
	root := filepath.Join(tree(t, ".photos/a.jpg"), ".photos")
	if got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs}); err != nil || len(got.Files) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWalkNotesWhatItCannotList(t *testing.T) {
	root := tree(t, "a.jpg", "bad/b.jpg", "bad/c.jpg", "gone/d.jpg", "good/e.jpg")
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, readDir: failing(root, map[string]func() error{
		"bad":  func() error { return syscall.EIO },
		"gone": func() error { return syscall.ENOENT },
	})})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.jpg", "good/e.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(got.Problems) != 1 || got.Problems[0].Path != filepath.Join(root, "bad") || !errors.Is(got.Problems[0].Err, syscall.EIO) {
		t.Errorf("problems are %v", got.Problems)
	}
	if len(got.Away) != 0 {
		t.Errorf("away are %v", got.Away)
	}
}

// TestWalkPassesOverWhatVanishes removes files between the listing of their folder and the look at them.
func TestWalkPassesOverWhatVanishes(t *testing.T) {
	root := tree(t, "a.jpg", "sub/b.jpg", "z.jpg")
	vanish := func() error { return os.Remove(filepath.Join(root, "z.jpg")) }
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, readDir: failing(root, map[string]func() error{"sub": func() error {
		if err := vanish(); err != nil {
			t.Error(err)
		}
		return nil
	}})})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.jpg", "sub/b.jpg"}, relatives(t, root, got.Files)); diff != "" || len(got.Problems) != 0 {
		t.Errorf("problems %v, files (-want +got):\n%s", got.Problems, diff)
	}
}

func TestWalkLeavesOutRootsThatAreAway(t *testing.T) {
	here, there := tree(t, "a.jpg"), tree(t, "b.jpg", "sub/c.jpg", "sub/link.jpg")
	tests := []struct {
		name   string
		root   string
		during map[string]func() error
		want   error
	}{
		{"missing", there + "none", nil, ErrNoFolder},
		{"missing inside another", filepath.Join(here, "none"), nil, ErrNoFolder},
		{"a file", filepath.Join(here, "a.jpg"), nil, ErrNotFolder},
		{"unreadable", there, map[string]func() error{".": func() error { return syscall.EACCES }}, fs.ErrPermission},
		{"replaced during the walk, as an unmounted folder is", there, map[string]func() error{"sub": func() error {
			if err := os.Rename(there, there+".away"); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(there, 0o755); err != nil {
				t.Fatal(err)
			}
			return nil
		}}, ErrWentAway},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Walk(context.Background(), []string{here, test.root}, Options{Picture: jpegs, readDir: failing(there, test.during)})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Away) != 1 || got.Away[0].Path != test.root || !errors.Is(got.Away[0].Err, test.want) {
				t.Errorf("away are %v, want %v", got.Away, test.want)
			}
			if diff := cmp.Diff([]string{"a.jpg"}, relatives(t, here, got.Files)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if slices.Contains(got.Roots, test.root) {
				t.Errorf("roots are %v", got.Roots)
			}
		})
	}
}

func TestWalkReportsIgnoreFiles(t *testing.T) {
	root := tree(t, "a.jpg", "sub/b.jpg", "folder/"+IgnoreFile+"/c.jpg", "folder/d.jpg")
	fill(t, root, map[string]string{IgnoreFile: "[a\na.jpg\n"})
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"folder/d.jpg", "sub/b.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(got.Problems) != 1 || got.Problems[0].Path != filepath.Join(root, IgnoreFile) || !strings.Contains(got.Problems[0].Err.Error(), `"[a"`) {
		t.Errorf("problems are %v", got.Problems)
	}
	// One that nobody can read makes its folder unreadable: it could leave out all of it.
	fill(t, root, map[string]string{"sub/" + IgnoreFile: strings.Repeat("#", maxIgnore+1)})
	if got, err = Walk(context.Background(), []string{root}, Options{Picture: jpegs}); err != nil {
		t.Fatal(err)
	}
	if len(got.Problems) != 2 || got.Problems[1].Path != filepath.Join(root, "sub") || len(got.Files) != 1 {
		t.Errorf("problems are %v, files %v", got.Problems, got.Files)
	}
}

func TestWalkNamesFoldersBeforeItListsThem(t *testing.T) {
	root := tree(t, "a.jpg", "sub/deep/b.jpg", "left/c.jpg", ".hidden/d.jpg")
	var entered []string
	_, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, Exclude: patterns("left/"), Enter: func(folder string) { entered = append(entered, folder) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{root, filepath.Join(root, "sub"), filepath.Join(root, "sub", "deep")}, entered); diff != "" {
		t.Errorf("entered (-want +got):\n%s", diff)
	}
}

// TestWalkOfALargeFolder walks one folder of 100,000 pictures with CLIPSEARCH_SOAK=1, a tenth of that without, and
// holds what it takes of memory.
func TestWalkOfALargeFolder(t *testing.T) {
	n := 10_000
	if os.Getenv("CLIPSEARCH_SOAK") != "" {
		n = 100_000
	}
	root := t.TempDir()
	for i := range n {
		file, err := os.Create(filepath.Join(root, fmt.Sprintf("picture-%06d.jpg", i)))
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err != nil || len(got.Files) != n {
		t.Fatalf("%d files, %v", len(got.Files), err)
	}
	each := int(after.TotalAlloc-before.TotalAlloc) / n
	t.Logf("%d files in one folder: %v, %d bytes allocated a file", n, took.Round(time.Millisecond), each)
	if each > 2048 {
		t.Errorf("%d bytes were allocated a file, want at most 2048", each)
	}
}
