package index

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/captions"
	"clipsearch/index/store"
)

// captionsOf returns the captions of a file's document.
func (r *rig) captionsOf(name string) []store.Caption {
	r.t.Helper()
	all, err := r.store.Captions(r.ids()[name])
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// note writes a file outside the picture folder and returns its path.
func (r *rig) note(name, content string) string {
	r.t.Helper()
	path := filepath.Join(r.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
	return path
}

func TestCaptionsFollowTheirFiles(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("red.txt", []byte("A red card.\nde.utf8=Eine rote Karte.\n"))
	r.write("green.png", green)
	file := r.note("captions.tsv", "red.png\tone of three cards\ngreen.png\ta card for go\nviolet.png\tnowhere\n")
	s := r.run(func(o *Options) { o.Captions = []string{file} })
	if len(s.Captions) != 1 || s.Captions[0].Matched != 2 || s.Captions[0].Unmatched != 1 {
		t.Errorf("reports are %+v", s.Captions)
	}
	sidecar := []store.Caption{{Text: "A red card.", Source: sourceSidecar}, {Text: "Eine rote Karte.", Source: sourceSidecar, Lang: "de"}}
	fromFile := store.Caption{Text: "one of three cards", Source: sourceFile}
	want := append(sidecar, fromFile)
	if diff := cmp.Diff(want, r.captionsOf("red.png")); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}

	// A run without caption files keeps what earlier ones said, and notices a changed sidecar.
	r.write("red.txt", []byte("A card.\n"))
	if s := r.run(nil); s.Captioned != 1 || s.Unchanged != 2 {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]store.Caption{{Text: "A card.", Source: sourceSidecar}, fromFile}, r.captionsOf("red.png")); diff != "" {
		t.Errorf("after changing the sidecar (-want +got):\n%s", diff)
	}

	// Without the sidecar its caption goes; a new caption file replaces the old one's.
	r.remove("red.txt")
	other := r.note("other.csv", "file,caption\nred.png,rouge\n")
	r.run(func(o *Options) { o.Captions = []string{other} })
	if diff := cmp.Diff([]store.Caption{{Text: "rouge", Source: sourceFile}}, r.captionsOf("red.png")); diff != "" {
		t.Errorf("after another caption file (-want +got):\n%s", diff)
	}
	if got := r.captionsOf("green.png"); len(got) != 0 {
		t.Errorf("green.png still has %v", got)
	}
}

func TestCaptionsMoveWithTheirPicture(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("green.png", green)
	file := r.note("captions.tsv", "red.png\ta red card\n")
	r.run(func(o *Options) { o.Captions = []string{file} })
	r.rename("red.png", "sub/card.png")
	r.write("sub/card.txt", []byte("beside it\n"))
	r.run(nil)
	want := []store.Caption{{Text: "beside it", Source: sourceSidecar}, {Text: "a red card", Source: sourceFile}}
	if diff := cmp.Diff(want, r.captionsOf("sub/card.png")); diff != "" {
		t.Errorf("captions (-want +got):\n%s", diff)
	}
}

func TestLabelsBecomeTags(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.run(nil)
	labels := r.note("labels.tsv", "red.png\tcard\nred.png\tstop\n")
	for range 2 {
		r.run(func(o *Options) { o.Labels = []string{labels} })
		d, err := r.store.Document(r.ids()["red.png"])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"card", "stop"}, d.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
	}
}

func TestCaptionFileThatNamesNoPicture(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	file := r.note("captions.tsv", "blue.png\tnot here\n")
	told := 0
	s, err := r.try(func(o *Options) {
		o.Captions = []string{file}
		o.Matched = func(reports []captions.Report) { told = reports[0].Unmatched }
	})
	if !errors.Is(err, ErrNoCaptionMatched) || s.Added != 1 || told != 1 {
		t.Errorf("error %v, told %d, %+v", err, told, s)
	}
}

func TestPrimaryTag(t *testing.T) {
	for locale, want := range map[string]string{"de": "de", "pt_BR": "pt", "ca@valencia": "ca", "zh-Hant": "zh", "": ""} {
		if got := primaryTag(locale); got != want {
			t.Errorf("%q is %q, want %q", locale, got, want)
		}
	}
}
