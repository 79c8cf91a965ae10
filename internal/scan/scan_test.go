package scan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// jpegs stands in for the pictures of a walk.
func jpegs(path string) bool { return strings.HasSuffix(path, ".jpg") }

// patterns excludes the same in every root.
func patterns(lines ...string) func(string) []string { return func(string) []string { return lines } }

// tree makes empty files below a fresh folder and returns it.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// relatives returns the paths of files below root, slash-separated.
func relatives(t *testing.T, root string, files []File) []string {
	t.Helper()
	var names []string
	for _, file := range files {
		name, err := filepath.Rel(root, file.Path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names
}

func TestWalkFindsPicturesInOrder(t *testing.T) {
	root := tree(t, "b.jpg", "a.jpg", "a.txt", "notes.txt", "sub/c.jpg", ".hidden/d.jpg", "._a.jpg", "@eaDir/e.jpg", "Thumbs.db")
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.jpg", "b.jpg", "sub/c.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if want := filepath.Join(root, "a.txt"); got.Files[0].Sidecar != want {
		t.Errorf("sidecar of a.jpg is %q, want %q", got.Files[0].Sidecar, want)
	}
	if got.Files[1].Sidecar != "" {
		t.Errorf("b.jpg has sidecar %q, want none", got.Files[1].Sidecar)
	}
	if got.Files[0].Size != int64(len("a.jpg")) {
		t.Errorf("a.jpg has %d bytes, want %d", got.Files[0].Size, len("a.jpg"))
	}
}

func TestWalkExcludes(t *testing.T) {
	names := []string{"a.jpg", "raw/b.jpg", "raw/keep.jpg", "x/raw/c.jpg", "x/d_small.jpg"}
	tests := []struct {
		name     string
		patterns []string
		want     []string
	}{
		{"none", nil, names},
		{"a folder anywhere", []string{"raw/"}, []string{"a.jpg", "x/d_small.jpg"}},
		{"a folder at the root", []string{"/raw"}, []string{"a.jpg", "x/d_small.jpg", "x/raw/c.jpg"}},
		{"a glob", []string{"*_small.jpg"}, []string{"a.jpg", "raw/b.jpg", "raw/keep.jpg", "x/raw/c.jpg"}},
		{"taken back", []string{"raw/*", "!keep.jpg"}, []string{"a.jpg", "raw/keep.jpg", "x/d_small.jpg", "x/raw/c.jpg"}},
		{"comments and blanks", []string{"# raw", "", "a.jpg"}, []string{"raw/b.jpg", "raw/keep.jpg", "x/d_small.jpg", "x/raw/c.jpg"}},
	}
	root := tree(t, names...)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, Exclude: patterns(test.patterns...)})
			if err != nil {
				t.Fatal(err)
			}
			want := append([]string(nil), test.want...)
			if diff := cmp.Diff(want, relatives(t, root, got.Files), cmpSorted); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs, Exclude: patterns("[a")}); err == nil {
		t.Error("a malformed pattern is accepted")
	}
}

// cmpSorted compares lists of names as sets.
var cmpSorted = cmp.Transformer("set", func(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
})

func TestWalkSurvivesLinks(t *testing.T) {
	root := tree(t, "a.jpg", "sub/b.jpg")
	for link, target := range map[string]string{"sub/loop": root, "dangling.jpg": "/nowhere/x.jpg", "link.jpg": filepath.Join(root, "a.jpg"), "folder.jpg": root} {
		if err := os.Symlink(target, filepath.Join(root, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.jpg", "link.jpg", "sub/b.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(got.Problems) != 1 || filepath.Base(got.Problems[0].Path) != "dangling.jpg" {
		t.Errorf("problems are %v, want the dangling link", got.Problems)
	}
	outside := filepath.Join(t.TempDir(), "photos")
	if err := os.Symlink(root, outside); err != nil {
		t.Fatal(err)
	}
	if got, err = Walk(context.Background(), []string{outside}, Options{Picture: jpegs}); err != nil {
		t.Fatal(err)
	}
	if len(got.Files) != 3 || got.Files[0].Path != filepath.Join(outside, "a.jpg") {
		t.Errorf("through a link the files are %v", got.Files)
	}
}

func TestFolders(t *testing.T) {
	root := tree(t, "sub/a.jpg", "sub2/b.jpg")
	sub, sub2, file := filepath.Join(root, "sub"), filepath.Join(root, "sub2"), filepath.Join(root, "sub", "a.jpg")
	got, err := Folders([]string{sub2, sub, sub + "/."})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{sub, sub2}, got); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	if _, err = Folders([]string{filepath.Join(root, "none")}); !errors.Is(err, ErrNoFolder) {
		t.Errorf("a missing folder gives %v", err)
	}
	if _, err = Folders([]string{file}); !errors.Is(err, ErrNotFolder) {
		t.Errorf("a file gives %v", err)
	}
}

func TestWalkTakesNestedFoldersOnce(t *testing.T) {
	root := tree(t, "sub/a.jpg", "sub2/b.jpg")
	sub := filepath.Join(root, "sub")
	got, err := Walk(context.Background(), []string{sub, root}, Options{Picture: jpegs})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{root}, got.Roots); diff != "" {
		t.Errorf("roots (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{root, sub}, got.Dirs); diff != "" {
		t.Errorf("folders asked for (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sub/a.jpg", "sub2/b.jpg"}, relatives(t, root, got.Files)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWalkStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Walk(ctx, []string{tree(t, "a.jpg")}, Options{Picture: jpegs}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled walk gives %v", err)
	}
}
