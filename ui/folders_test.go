package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/search"
)

// shelf is a Library of files alone.
type shelf struct {
	Library
	roots, files []string
}

func (s shelf) Sequence() uint64 { return 1 }

func (s shelf) Roots() (all []search.Root, err error) {
	for _, path := range s.roots {
		all = append(all, search.Root{Path: path})
	}
	return all, nil
}

func (s shelf) EachFile(_ context.Context, fn func(search.File) error) error {
	for _, path := range s.files {
		hidden := strings.HasPrefix(filepath.Base(path), "hidden")
		if err := fn(search.File{Path: path, Hidden: hidden}); err != nil {
			return err
		}
	}
	return nil
}

// drawn returns folders one a line, indented: name, pictures, own.
func drawn(all []*folder, indent string) string {
	var b strings.Builder
	for _, f := range all {
		mark := ""
		if f.Root != nil {
			mark += " root"
		}
		if f.Cut {
			mark += " cut"
		}
		name := f.Name
		if indent == "" {
			name = f.Path
		}
		fmt.Fprintf(&b, "%s%s %d %d%s\n%s", indent, name, f.Pictures, f.Own, mark, drawn(f.Folders, indent+" "))
	}
	return b.String()
}

func TestFolders(t *testing.T) {
	for _, test := range []struct {
		name         string
		roots, files []string
		want         string
	}{
		{"nothing", nil, nil, ""},
		{"a root without pictures", []string{"/p"}, nil, "/p 0 0 root\n"},
		{"a tree", []string{"/p"}, []string{"/p/1.jpg", "/p/a/b/1.jpg", "/p/a/b/2.jpg", "/p/c/hidden.jpg"}, "/p 3 1 root\n a 2 0\n  b 2 2\n"},
		{"names that begin alike", []string{"/p", "/pq"}, []string{"/p/1.jpg", "/pq/1.jpg", "/pq/a/1.jpg"}, "/p 1 1 root\n/pq 2 1 root\n a 1 1\n"},
		{"a root in a root", []string{"/p/a/b", "/p"}, []string{"/p/a/b/1.jpg", "/p/a/2.jpg"}, "/p 2 0 root\n a 2 1\n  b 1 1 root\n"},
		{"everything", []string{"/"}, []string{"/1.jpg", "/a/b/1.jpg"}, "/ 2 1 root\n a 1 0\n  b 1 1\n"},
		{"no roots", nil, []string{"/x/a/1.jpg", "/x/b.jpg", "/y/1.jpg"}, "/x 2 1\n a 1 1\n/y 1 1\n"},
		{"imported names", nil, []string{"a", "b/c"}, ". 2 1\n b 1 1\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tops, err := countFolders(t.Context(), shelf{roots: test.roots, files: test.files})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, drawn(tops, "")); diff != "" {
				t.Errorf("folders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFoldersShown(t *testing.T) {
	s := &site{folders: &folders{library: shelf{roots: []string{"/p"}, files: []string{"/p/a/b/1.jpg", "/p/c/1.jpg"}}}}
	for _, test := range []struct {
		query map[string][]string
		want  string // or a part of the error
	}{
		{nil, "/p 2 0 root\n a 1 0\n  b 1 1\n c 1 1\n"},
		{map[string][]string{"depth": {"1"}}, "/p 2 0 root cut\n"},
		{map[string][]string{"depth": {"2"}}, "/p 2 0 root\n a 1 0 cut\n c 1 1\n"},
		{map[string][]string{"under": {"/p/a/"}}, "/p/a 1 0\n b 1 1\n"},
		{map[string][]string{"under": {"/p/a"}, "depth": {"1"}}, "/p/a 1 0 cut\n"},
		{map[string][]string{"under": {"/etc"}}, "not in the library"},
		{map[string][]string{"depth": {"0"}}, "depth"},
	} {
		all, err := s.shownFolders(t.Context(), test.query)
		if err != nil {
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v: %v", test.query, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, drawn(all, "")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.query, diff)
		}
	}
}

// TestManyFolders holds that an answer stays small, however many folders there are.
func TestManyFolders(t *testing.T) {
	var files []string
	for i := range 200 {
		for j := range 200 {
			files = append(files, fmt.Sprintf("/p/%d/%d/1.jpg", i, j))
		}
	}
	s := &site{folders: &folders{library: shelf{roots: []string{"/p"}, files: files}}}
	all, err := s.shownFolders(t.Context(), nil)
	if err != nil || len(all) != 1 || len(all[0].Folders) != 200 || !all[0].Folders[0].Cut || all[0].Pictures != 40_000 {
		t.Errorf("%d folders, %v", len(all), err)
	}
}

func TestFoldersOfLibrary(t *testing.T) {
	g := newGallery(t)
	_, body := g.get("/api/v1/folders")
	var answer struct {
		Folders []folder `json:"folders"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Folders) != 1 || answer.Folders[0].Path != g.folder || answer.Folders[0].Pictures != len(scenes())-1 {
		t.Errorf("folders: %s", body)
	}
}

func TestComplete(t *testing.T) {
	g := newGallery(t)
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for _, name := range []string{"Pictures", "pictures 2", "Music", ".hidden"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "pic.jpg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "Music"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, "lost")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path   string
		status int
		want   []string
	}{
		{dir + "/", 200, []string{"link", "Music", "Pictures", "pictures 2"}},
		{"", 200, []string{"link", "Music", "Pictures", "pictures 2"}},
		{"~", 200, []string{"link", "Music", "Pictures", "pictures 2"}},
		{"~/pic", 200, []string{"Pictures", "pictures 2"}},
		{dir + "/PIC", 200, []string{"Pictures", "pictures 2"}},
		{dir + "/.", 200, []string{".hidden"}},
		{dir + "/pic.jpg", 200, []string{}},
		{dir + "/nothing/here", 200, []string{}},
		{"Pictures", 400, nil},
		{"/\x00", 400, nil},
	} {
		var found completion
		response, body := g.get("/api/v1/complete?path=" + strings.NewReplacer("\x00", "%00", " ", "%20").Replace(test.path))
		if response.StatusCode != test.status {
			t.Errorf("%q: status %d: %s", test.path, response.StatusCode, body)
			continue
		}
		if test.status != 200 {
			continue
		}
		if err := json.Unmarshal([]byte(body), &found); err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, path := range found.Folders {
			names = append(names, filepath.Base(path))
		}
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.path, diff)
		}
	}
}

func TestSkipped(t *testing.T) {
	g := newGallery(t)
	skips := []search.Skip{{Path: "/p/a.jpg", Reason: "damaged", Detail: "it ends too soon"}, {Path: "/p/b.jpg", Reason: "empty file"}, {Path: "/p/c.jpg", Reason: "damaged"}}
	if err := g.store.PutSkips(t.Context(), skips); err != nil {
		t.Fatal(err)
	}
	g.wants("/api/v1/skipped", 200, `"total":3`, "a.jpg", "it ends too soon", "c.jpg")
	g.wants("/api/v1/skipped?reason=damaged", 200, `"total":2`, "a.jpg", "!b.jpg")
	g.wants("/api/v1/skipped?k=1&offset=1", 200, `"total":3`, "!a.jpg", "b.jpg", "!c.jpg")
	g.wants("/api/v1/skipped?k=0", 400, "error")
}
