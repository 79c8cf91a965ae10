package report

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// about describes a report made that many seconds after a certain moment.
func about(kind Kind, dataset string, seconds int) About {
	lo, hi := .1, .2
	return About{
		Kind: kind, Title: "A title", Dataset: dataset, Created: time.Date(2026, 11, 26, 5, 42, seconds, 123, time.FixedZone("", 3600)),
		Model: Model{"clip-0", "/models/a"}, Headline: []Headline{{"recall@10", .15, &lo, &hi}, {"loss", 2, nil, nil}},
	}
}

func writeP(w io.Writer) error { _, err := io.WriteString(w, "<p>"); return err }

func TestSave(t *testing.T) {
	folder := Folder(t.TempDir())
	var names []string
	for i, dataset := range []string{"/data/Flickr 8k!", "/data/Flickr 8k!", "/データ"} {
		name, err := Save(folder, about(Eval, dataset, i/2), writeP, map[string]int{"a": 1})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	want := []string{"20261126T044200Z-eval-flickr-8k", "20261126T044200Z-eval-flickr-8k-2", "20261126T044201Z-eval-pictures"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	list, err := List(folder)
	if err != nil || len(list) != 3 {
		t.Fatalf("list %v, %v", list, err)
	}
	wantAbout := about(Eval, "/データ", 1)
	wantAbout.Version, wantAbout.Created = aboutVersion, wantAbout.Created.UTC().Truncate(time.Second)
	if diff := cmp.Diff(Saved{want[2], wantAbout}, list[0]); diff != "" {
		t.Errorf("the newest (-want +got):\n%s", diff)
	}
	for file, content := range map[string]string{HTMLFile: "<p>", JSONFile: "{\"a\":1}\n"} {
		f, err := Open(folder, names[0], file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if errors.Join(err, f.Close()) != nil || string(data) != content {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
}

func TestSaveLeavesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "reports")
	broken := errors.New("full")
	if _, err := Save(folder, about(Eval, "/a", 0), func(io.Writer) error { return broken }, nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := Save(folder, about(Eval, "/a", 0), writeP, func() {}); err == nil {
		t.Error("what has no JSON is saved")
	}
	if _, err := Save(folder, about("other", "/a", 0), writeP, nil); err == nil {
		t.Error("another kind is saved")
	}
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestListLeavesOut(t *testing.T) {
	folder := t.TempDir()
	if list, err := List(filepath.Join(folder, "none")); err != nil || list != nil {
		t.Errorf("no folder: %v, %v", list, err)
	}
	good, err := Save(folder, about(Tune, "/a", 0), writeP, nil)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name, aboutFile), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("20261126T044201Z-eval-broken", "{")
	write("20261126T044201Z-eval-newer", `{"version": 2}`)
	write("20261126T044201Z-eval-huge", `{"version": 1, "title": "`+string(make([]byte, maxAbout))+`"}`)
	write(".20261126T044201Z-eval-half", `{"version": 1}`)
	write("something", `{"version": 1}`)
	if err := os.Symlink(filepath.Join(folder, good), filepath.Join(folder, "20261126T044201Z-eval-link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "20261126T044201Z-eval-secret"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, to := range map[string]string{aboutFile: filepath.Join(folder, good, aboutFile), HTMLFile: "/etc/passwd"} {
		if err := os.Symlink(to, filepath.Join(folder, "20261126T044201Z-eval-secret", file)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := List(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, saved := range list {
		if saved.Name != good && saved.Name != "20261126T044201Z-eval-link" {
			t.Errorf("listed: %s", saved.Name)
		}
	}
	for _, at := range [][2]string{
		{good, aboutFile}, {good, "../" + good + "/" + HTMLFile}, {"..", HTMLFile}, {"", HTMLFile}, {good + "/..", HTMLFile},
		{"20261126T044201Z-eval-none", HTMLFile}, {"20261126T044201Z-eval-secret", HTMLFile},
	} {
		if f, err := Open(folder, at[0], at[1]); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: %v, %v", at, f, err)
		}
	}
}
