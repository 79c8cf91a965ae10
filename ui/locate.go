package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"clipsearch/search"
)

const (
	maxLocateTexts = 16      // each is a map, and a panel of the sheet
	maxLocateRunes = 1_000   // of a text: the tower reads 77 tokens
	maxLocateBoxes = 20      // of a text
	maxLocateBytes = 1 << 28 // of a picture: it is held whole, once
)

// Locator finds where in a picture things are. Its methods are called from several goroutines at once.
type Locator interface {
	// Locate looks for each text's thing in a picture. Errors are those of Search that are about pictures and encoders.
	Locate(ctx context.Context, picture LocatePicture, ask LocateQuery) (Located, error)
}

// LocatePicture is a picture to look at.
type LocatePicture struct {
	Key  string                 // of its content: what was seen of it may be kept under it
	Read func() ([]byte, error) // returns the whole file
}

// LocateQuery says what to look for, and how.
type LocateQuery struct {
	Texts  []string // none is blank
	Method string   // tiles, dense or both
	Top    int      // boxes for each text at most
}

// Located is where in a picture the things are.
type Located struct {
	Width  int           `json:"width"` // px of the picture, upright
	Height int           `json:"height"`
	Texts  []LocatedText `json:"texts"`

	Sheet func(io.Writer) error `json:"-"` // writes a PNG: the picture with a map for each text
	Layer func(io.Writer) error `json:"-"` // writes a PNG: the first text's map, transparent, with the picture's aspect
}

// LocatedText is where one text's thing is.
type LocatedText struct {
	Text  string       `json:"text"`
	Boxes []LocatedBox `json:"boxes"` // the likeliest first
}

// LocatedBox is a part of the picture.
type LocatedBox struct {
	Probability float64 `json:"probability"` // that the thing is here and not elsewhere in the picture
	X           int     `json:"x"`           // px of the picture
	Y           int     `json:"y"`
	Width       int     `json:"width"`
	Height      int     `json:"height"`
}

// errNoLocator: the program cannot look into pictures.
var errNoLocator = fmt.Errorf("%w: this server cannot look into pictures", search.ErrNoEncoder)

// apiLocate answers GET /api/v1/documents/{id}/locate:
//
//	q          what to look for; repeatable
//	method     tiles (default), dense, both
//	top        boxes for each text, 1 if absent
func (s *site) apiLocate(w http.ResponseWriter, r *http.Request) {
	found, err := s.locate(r)
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, found)
}

// apiLocateLayer answers GET /api/v1/documents/{id}/locate.png: the map of the first q, to be laid over the picture.
func (s *site) apiLocateLayer(w http.ResponseWriter, r *http.Request) {
	s.answerDrawing(w, r, func(l Located) func(io.Writer) error { return l.Layer })
}

// apiLocateSheet answers GET /api/v1/documents/{id}/locate-sheet.png: the picture with a map for each q, as clipsearch
// locate --overlay draws it.
func (s *site) apiLocateSheet(w http.ResponseWriter, r *http.Request) {
	s.answerDrawing(w, r, func(l Located) func(io.Writer) error { return l.Sheet })
}

// answerDrawing answers with a PNG of what was found.
func (s *site) answerDrawing(w http.ResponseWriter, r *http.Request, drawing func(Located) func(io.Writer) error) {
	found, err := s.locate(r)
	var png bytes.Buffer
	if err == nil {
		err = drawing(found)(&png)
	}
	if err != nil {
		apiError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	serveVersioned(w, r, png.Bytes(), versionOf(png.Bytes()), "")
}

// locate looks for what an address says in the picture that it names.
func (s *site) locate(r *http.Request) (Located, error) {
	d, err := s.document(r)
	if err != nil {
		return Located{}, err
	}
	p := params{values: r.URL.Query()}
	ask := LocateQuery{Texts: p.all("q"), Method: p.values.Get("method"), Top: p.number("top", 1, 1, maxLocateBoxes)}
	if err := ask.check(&p); err != nil {
		return Located{}, err
	}
	if s.locator == nil {
		return Located{}, errNoLocator
	}
	key := fmt.Sprintf("%d %s", d.ID, contentVersion(d))
	return s.locator.Locate(r.Context(), LocatePicture{key, func() ([]byte, error) { return readOriginal(d) }}, ask)
}

// check fills in the method, and returns the first thing that is wrong.
func (ask *LocateQuery) check(p *params) error {
	if ask.Method == "" {
		ask.Method = "tiles"
	}
	switch {
	case p.err != nil:
	case len(ask.Texts) == 0:
		p.fail(fmt.Errorf("%w: say with q= what to find in the picture", search.ErrEmptyQuery))
	case len(ask.Texts) > maxLocateTexts:
		p.failf(tooManyOf, "q", len(ask.Texts), maxLocateTexts)
	case slices.ContainsFunc(ask.Texts, func(text string) bool { return utf8.RuneCountInString(text) > maxLocateRunes }):
		p.failf("q: a text has more than %d characters", maxLocateRunes)
	case !slices.Contains([]string{"tiles", "dense", "both"}, ask.Method):
		p.failf("method: %q is none of tiles, dense, both", ask.Method)
	}
	return p.err
}

// readOriginal returns the file of a document.
func readOriginal(d search.Document) ([]byte, error) {
	file, info, err := openOriginal(d)
	if err != nil {
		return nil, fmt.Errorf("%w: the file of picture %d cannot be opened", search.ErrGone, d.ID)
	}
	if info.Size() > maxLocateBytes {
		return nil, errors.Join(fmt.Errorf("%w: its file has %d bytes", search.ErrBadPicture, info.Size()), file.Close())
	}
	data, err := io.ReadAll(io.LimitReader(file, maxLocateBytes))
	return data, errors.Join(err, file.Close())
}
