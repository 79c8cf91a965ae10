package search

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"clipsearch/encode/encodetest"
	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
)

// colourEncoder is the test encoder; a picture is the three bytes of its colour.
type colourEncoder struct{ encodetest.Encoder }

func (e *colourEncoder) EncodeImage(ctx context.Context, data []byte) ([]float32, error) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{data[0], data[1], data[2], 255}), image.Point{}, draw.Src)
	vectors, err := e.EncodePixels(ctx, [][]uint8{e.Prepare(img)})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// realLibrary returns an engine with the real legs over pictures of one colour each.
func realLibrary(t *testing.T) *Engine {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "l.clipsearch"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	encoder := &colourEncoder{}
	if err := st.SetModel(t.Context(), store.Model{ID: encoder.ID(), Dims: encoder.Dims()}); err != nil {
		t.Fatal(err)
	}
	var entries []store.Entry
	for _, picture := range []struct {
		path, colour string // three bytes
		captions     []string
		lang         string
	}{
		{"/p/fire.jpg", "\xe0\x14\x0a", []string{"a campfire at night"}, ""},                          // 1: red
		{"/p/rose.jpg", "\xdc\x28\x28", []string{"red roses in a vase", "flowers on the table"}, ""},  // 2: red
		{"/p/sky.jpg", "\x0a\x14\xf0", []string{"not a red cloud to be seen"}, ""},                    // 3: blue
		{"/p/dogs/meadow.jpg", "\x14\xdc\x1e", []string{"two dogs are running across a meadow"}, ""},  // 4: green
		{"/p/dogs/snow.jpg", "\xfa\xfa\xfa", []string{"a dog plays in deep snow"}, ""},                // 5: white
		{"/p/dogs/IMG_2041.jpg", "\x8c\x46\x14", nil, ""},                                             // 6: brown
		{"/p/car.jpg", "\xd2\x1e\x1e", []string{"a red car on the street"}, ""},                       // 7: red
		{"/p/street.jpg", "\x78\x82\x7d", []string{"a car, red or not, is parked in the street"}, ""}, // 8: grey
		{"/p/hund.jpg", "\x28\xc8\x28", []string{"ein Hund läuft über die Wiese"}, "de"},              // 9: green
	} {
		v, err := encoder.EncodeImage(t.Context(), []byte(picture.colour))
		if err != nil {
			t.Fatal(err)
		}
		entry := store.Entry{Vector: v, Document: store.Document{Path: picture.path, Root: "/p", Format: "jpeg"}}
		for _, caption := range picture.captions {
			entry.Captions = append(entry.Captions, store.Caption{Text: caption, Lang: picture.lang})
		}
		entries = append(entries, entry)
	}
	if _, err := st.Put(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	words, err := text.Open(t.Context(), t.TempDir(), st, text.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { words.Close() })
	vectors, err := vector.Load(t.Context(), st, vector.Auto)
	if err != nil {
		t.Fatal(err)
	}
	return New(Deps{Store: st, Text: words, Vectors: vectors, Encoder: encoder})
}

func TestRelevanceWithTheRealLegs(t *testing.T) {
	engine := realLibrary(t)
	for _, test := range []struct {
		name  string
		query Query
		want  string // the first hits, as many as named; "." ends the list
	}{
		{"words find captions", Query{Text: "dogs", Mode: ModeText}, "snow meadow IMG_2041 ."}, // the last by its folder
		{"captions in other languages", Query{Text: "Hunde", Mode: ModeText}, "hund ."},
		{"the vector finds colours", Query{Text: "red", Mode: ModeVector}, "fire"},
		{"both are better than either", Query{Text: "red"}, "car rose"},
		{"an uncaptioned picture is found", Query{Text: "brown"}, "IMG_2041"},
		{"a phrase binds the words", Query{Text: `"red car"`, Mode: ModeText}, "car ."},
		{"an excluded word in all its forms", Query{Text: "red -roses -clouds", Mode: ModeText}, "car street ."},
		{"excluded from both legs", Query{Text: "red -rose -car", K: 3}, "sky fire"},
		{"a subtracted term moves the vector", Query{Text: "red + green - red", Mode: ModeVector}, "meadow"},
		{"a picture", Query{Terms: []Term{{Kind: TermImage, Image: []byte("\x00\xff\x00")}}}, "meadow hund"},
		{"like a document", Query{Terms: []Term{{Kind: TermLike, ID: 3}}, Filter: Filter{Without: []store.ID{3}}, K: 1}, "street ."},
		{"a beginning of a word", Query{Text: "mead", Mode: ModeText, Prefix: true}, "meadow ."},
		{"a folder", Query{Text: "red", Filter: Filter{Folder: "/p/dogs"}}, "IMG_2041 meadow snow ."},
		{"a language", Query{Text: "green", Filter: Filter{Lang: "de"}}, "hund ."},
		{"only stop words", Query{Text: "zzz the of", Mode: ModeText}, "."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.query.K == 0 {
				test.query.K = 20
			}
			result, err := engine.Search(t.Context(), test.query)
			if err != nil {
				t.Fatal(err)
			}
			got, want := strings.TrimSpace(names(result)+" ."), test.want
			if got != want && !strings.HasPrefix(got, want+" ") {
				t.Errorf("found %q, want %q", got, want)
			}
			if len(result.Notes) > 0 {
				t.Errorf("notes %q", result.Notes)
			}
		})
	}
}

func TestMatchedWordsAreThoseOfTheCaption(t *testing.T) {
	engine := realLibrary(t)
	result, err := engine.Search(t.Context(), Query{Text: "dog runs", Mode: ModeText, K: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"dogs", "running"}, result.Hits[0].Terms); diff != "" {
		t.Errorf("terms (-want +got):\n%s", diff)
	}
}

func TestTheSameQueryHasTheSameAnswer(t *testing.T) {
	engine := realLibrary(t)
	query := Query{Text: "red car", K: 20, Explain: true}
	first, err := engine.Search(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := engine.Search(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(first.Hits, again.Hits); diff != "" {
			t.Fatalf("hits differ:\n%s", diff)
		}
	}
}
