package ui

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"clipsearch/search"
)

// shownDocument is a document as the API shows it.
type shownDocument struct {
	ID        search.ID      `json:"id"`
	Path      string         `json:"path"`
	PathBytes []byte         `json:"path_bytes,omitempty"` // see search.PathBytes
	Root      string         `json:"root"`                 // the indexed folder that it was found under; "": none
	RootBytes []byte         `json:"root_bytes,omitempty"`
	Bytes     int64          `json:"bytes"` // of the file
	Modified  time.Time      `json:"modified,omitzero"`
	Hash      string         `json:"sha256,omitempty"` // of the file
	Format    string         `json:"format"`
	Width     int            `json:"width"` // px, upright
	Height    int            `json:"height"`
	Taken     time.Time      `json:"taken,omitzero"`
	Camera    string         `json:"camera,omitempty"`
	Place     *place         `json:"place,omitempty"`
	Tags      []string       `json:"tags"` // never nil
	Indexed   time.Time      `json:"indexed,omitzero"`
	Captions  []shownSource  `json:"captions"` // never nil
	Links     shownAddresses `json:"links"`
}

// place is where a picture was taken, in degrees.
type place struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// shownSource is a caption with its source.
type shownSource struct {
	Text   string `json:"text"`
	Source string `json:"source"`         // sidecar, file, iptc, …
	Lang   string `json:"lang,omitempty"` // absent: English or unknown
}

// shownAddresses are where the rest of a document is.
type shownAddresses struct {
	Thumbnail string `json:"thumbnail"`
	Original  string `json:"original"`
	Similar   string `json:"similar"`
	Locate    string `json:"locate"`
	Labels    string `json:"labels"`
}

// apiDocument answers GET /api/v1/documents/{id}.
func (s *site) apiDocument(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		apiError(w, r, err)
		return
	}
	captions, err := s.library.Captions(d.ID)
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, shown(d, captions))
}

// shown returns a document as the API shows it.
func shown(d search.Document, captions []search.Caption) shownDocument {
	at := fmt.Sprintf("/api/v1/documents/%d", d.ID)
	v := shownDocument{
		ID: d.ID, Path: d.Path, PathBytes: search.PathBytes(d.Path), Root: d.Root, RootBytes: search.PathBytes(d.Root), Bytes: d.Size, Modified: d.ModTime, Format: d.Format, Width: d.Width, Height: d.Height,
		Taken: d.Taken, Camera: d.Camera, Tags: append([]string{}, d.Tags...), Indexed: d.Indexed, Captions: []shownSource{},
		Links: shownAddresses{Thumbnail: at + "/thumbnail", Original: at + "/original", Similar: at + "/similar", Locate: at + "/locate", Labels: at + "/labels"},
	}
	if d.Hash != [32]byte{} {
		v.Hash = hex.EncodeToString(d.Hash[:])
	}
	if d.HasGPS {
		v.Place = &place{d.Latitude, d.Longitude}
	}
	for _, c := range captions {
		v.Captions = append(v.Captions, shownSource{c.Text, c.Source, c.Lang})
	}
	return v
}

// apiThumbnail answers GET /api/v1/documents/{id}/thumbnail.
func (s *site) apiThumbnail(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	var data []byte
	if err == nil {
		data, err = s.library.Thumbnail(d.ID)
	}
	if err == nil && data == nil {
		err = fmt.Errorf("%w: picture %d has no thumbnail", search.ErrNoDocument, d.ID)
	}
	if err != nil {
		apiError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	serveVersioned(w, r, data, versionOf(data), contentVersion(d))
}

// apiOriginal answers GET /api/v1/documents/{id}/original: the file itself, for a program to keep; browsers show it in pages
// of this server alone.
func (s *site) apiOriginal(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		apiError(w, r, err)
		return
	}
	file, info, err := openOriginal(d)
	if err != nil {
		apiError(w, r, fmt.Errorf("%w: the file of picture %d cannot be opened", search.ErrGone, d.ID))
		return
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind := contentTypeOf(d.Format); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("Cache-Control", cacheAsk)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// apiSimilar answers GET /api/v1/documents/{id}/similar as /api/v1/search does for what is like a picture, without the
// picture itself. The parameters are those of a search, filters included; mode is vector.
func (s *site) apiSimilar(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		apiError(w, r, err)
		return
	}
	s.answerSearch(w, r, func(q *search.Query) {
		q.Mode = search.ModeVector
		q.Terms = append(q.Terms, search.Term{Kind: search.TermLike, ID: d.ID})
		q.Filter.Without = append(q.Filter.Without, d.ID)
	})
}

// apiLabels answers GET /api/v1/documents/{id}/labels: how likely each label is for a picture.
//
//	label     the labels; takes a list
//	prompt    what they are encoded as, with {q} for the label; repeatable
func (s *site) apiLabels(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		apiError(w, r, err)
		return
	}
	p := params{values: r.URL.Query()}
	labels, err := s.searcher.Label(r.Context(), d.ID, p.list("label"), p.all("prompt"))
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": d.ID, "labels": labels})
}
