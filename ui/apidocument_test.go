package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"clipsearch/search"
)

// finger is a Locator that points at the top left corner, once it has read the picture.
type finger struct{}

func (finger) Locate(_ context.Context, picture LocatePicture, ask LocateQuery) (Located, error) {
	if _, err := picture.Read(); err != nil {
		return Located{}, err
	}
	found := Located{Width: 640, Height: 480}
	for _, text := range ask.Texts {
		found.Texts = append(found.Texts, LocatedText{Text: text, Boxes: []LocatedBox{{Probability: .5, Width: 10, Height: 10}}})
	}
	draw := func(name string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s of %s, %s, %d", name, strings.Join(ask.Texts, " and "), ask.Method, ask.Top)
			return err
		}
	}
	found.Sheet, found.Layer = draw("sheet"), draw("layer")
	return found, nil
}

func TestDocumentOfAPI(t *testing.T) {
	g := newGallery(t)
	_, body := g.get("/api/v1/documents/1")
	var d shownDocument
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	if d.ID != 1 || !strings.HasSuffix(d.Path, "sunset.jpg") || d.Width != 640 || len(d.Captions) != 2 || d.Tags[0] != "evening" || len(d.Hash) != 64 || d.Root != g.folder {
		t.Errorf("document: %s", body)
	}
	for _, link := range []string{d.Links.Thumbnail, d.Links.Original, d.Links.Similar, d.Links.Locate + "?q=sun", d.Links.Labels + "?label=red,blue"} {
		g.wants(link, 200)
	}
	for _, id := range []string{"11", "99", "x", "-1", "18446744073709551616"} { // hidden, unknown, none
		for _, part := range []string{"", "/thumbnail", "/original", "/similar", "/locate?q=sun", "/locate.png?q=sun", "/labels?label=a"} {
			g.wants("/api/v1/documents/"+id+part, 404, `"error"`)
		}
	}
	g.wants("/api/v1/documents/"+idOf("2020/taken away.jpg")+"/original", 404, "cannot be opened")
	g.wants("/api/v1/documents/"+idOf("2020/taken away.jpg")+"/locate?q=sun", 404, "cannot be opened")
}

func TestSimilarOfAPI(t *testing.T) {
	g := newGallery(t)
	_, body := g.get("/api/v1/documents/1/similar?all=1&k=100")
	var result answer
	if err := json.Unmarshal([]byte(body), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Hits) != len(scenes())-2 {
		t.Errorf("%d hits, want all but the picture itself and the hidden one", len(result.Hits))
	}
	for _, hit := range result.Hits {
		if hit.ID == 1 || hit.Similarity == nil {
			t.Errorf("hit %+v", hit)
		}
	}
	g.wants("/api/v1/documents/1/similar?all=1&folder="+g.folder+"/2019&k=100", 200, "lake.png", "!meadow.jpg")
	g.wants("/api/v1/documents/1/similar?k=0", 400, "at least 1")
}

func TestLabelsOfAPI(t *testing.T) {
	g := newGallery(t)
	var answer struct {
		ID     search.ID
		Labels []search.Label
	}
	_, body := g.get("/api/v1/documents/" + idOf("2019/lake.png") + "/labels?label=red,blue&label=green&prompt=a+picture+of+{q}")
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, l := range answer.Labels {
		sum += l.Probability
	}
	if len(answer.Labels) != 3 || answer.Labels[0].Label != "blue" || sum < .999 || sum > 1.001 {
		t.Errorf("labels: %s", body)
	}
	g.wants("/api/v1/documents/1/labels", 400, "name some labels")
	g.wants("/api/v1/documents/1/labels?label=a&prompt=b", 400, "has no {q}")
	g.wants("/api/v1/documents/1/labels?label="+strings.Repeat("a,", 2000), 400, "too many")
}

func TestLocateOfAPI(t *testing.T) {
	g := newGallery(t)
	g.wants("/api/v1/documents/1/locate?q=the+sun&q=a+hill", 200, `"text":"the sun","boxes":[{"probability":0.5,"x":0,"y":0,"width":10,"height":10}]`, `"text":"a hill"`, `"width":640`)
	response, body := g.get("/api/v1/documents/1/locate.png?q=the+sun&method=dense")
	if response.Header.Get("Content-Type") != "image/png" || body != "layer of the sun, dense, 1" {
		t.Errorf("the layer: %v %s", response.Header, body)
	}
	_, body = g.get("/api/v1/documents/1/locate-sheet.png?q=the+sun&q=a+hill&top=3")
	if body != "sheet of the sun and a hill, tiles, 3" {
		t.Errorf("the sheet: %s", body)
	}
	for query, want := range map[string]string{
		"": "what to find", "?q=+": "what to find", "?q=a&method=magic": "none of tiles", "?q=a&top=0": "top", "?q=a&top=x": "top",
		"?q=" + strings.Repeat("x", 2_000): "characters", "?" + strings.Repeat("q=a&", 20): "too many",
	} {
		for _, name := range []string{"locate", "locate.png", "locate-sheet.png"} {
			g.wants("/api/v1/documents/1/"+name+query, 400, want)
		}
	}
}

func TestWithoutLocator(t *testing.T) {
	s := &site{library: noLibrary{}}
	request, err := http.NewRequest(http.MethodGet, "/?q=a", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetPathValue("id", "1")
	if _, err := s.locate(request); !errors.Is(err, search.ErrNoEncoder) {
		t.Errorf("%v", err)
	}
}

// noLibrary has a document of any ID.
type noLibrary struct{ Library }

func (noLibrary) Document(id search.ID) (search.Document, error) { return search.Document{ID: id}, nil }
