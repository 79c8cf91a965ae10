package index

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
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

// TestLabelsFollowTheirFiles: what a label file does not say any more goes, what the picture says itself stays.
func TestLabelsFollowTheirFiles(t *testing.T) {
	r := newRig(t)
	r.write("red.jpg", withKeywords(t, "Paris", "stop"))
	r.write("green.png", green)
	first := r.note("first.tsv", "red.jpg\tcard\nred.jpg\tstop\ngreen.png\tgo\n")
	second := r.note("second.tsv", "red.jpg\tred\n")
	label := func(file string) func(*Options) {
		return func(o *Options) { o.Labels = []string{file} }
	}
	for _, step := range []struct {
		name       string
		change     func(*Options)
		red, green []string
		captioned  int
	}{
		{"first run", label(first), []string{"Paris", "stop", "card"}, []string{"go"}, 0},
		{"without label files", nil, []string{"Paris", "stop", "card"}, []string{"go"}, 0},
		{"another file", label(second), []string{"Paris", "stop", "red"}, nil, 2},
		{"back", label(first), []string{"Paris", "stop", "card"}, []string{"go"}, 2},
	} {
		if s := r.run(step.change); s.Captioned != step.captioned {
			t.Errorf("%s: %+v", step.name, s)
		}
		for name, want := range map[string][]string{"red.jpg": step.red, "green.png": step.green} {
			d, err := r.store.Document(r.ids()[name])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, d.Tags); diff != "" {
				t.Errorf("%s: tags of %s (-want +got):\n%s", step.name, name, diff)
			}
		}
	}

	// A picture that is painted over keeps the labels that were not its keywords, too, and a copy gets the keywords.
	r.write("red.jpg", withKeywords(t, "Rome"))
	r.write("green.png", white)
	r.write("copy.jpg", withKeywords(t, "Rome"))
	r.run(nil)
	for name, want := range map[string][]string{"red.jpg": {"Rome", "card"}, "green.png": {"go"}, "copy.jpg": {"Rome"}} {
		d, err := r.store.Document(r.ids()[name])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, d.Tags); diff != "" {
			t.Errorf("afterwards: tags of %s (-want +got):\n%s", name, diff)
		}
	}
}

// withKeywords returns a JPEG with keywords in IPTC.
func withKeywords(t *testing.T, words ...string) []byte {
	t.Helper()
	iim := []byte{0x1c, 1, 90, 0, 3, 0x1b, '%', 'G'} // UTF-8
	for _, word := range words {
		iim = append(append(iim, 0x1c, 2, 25, 0, byte(len(word))), word...)
	}
	if len(iim)%2 == 1 {
		iim = append(iim, 0)
	}
	body := append([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00"), byte(len(iim)))
	body = append(body, iim...)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 32, 24)), nil); err != nil {
		t.Fatal(err)
	}
	segment := append([]byte{0xff, 0xed, 0, byte(len(body) + 2)}, body...)
	return slices.Concat(b.Bytes()[:2], segment, b.Bytes()[2:])
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
