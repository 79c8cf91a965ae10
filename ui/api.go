package ui

import (
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clipsearch/search"
)

// answer is the JSON of a search.
type answer struct {
	Hits  []search.Hit `json:"hits"`
	Total int          `json:"total"` // pictures found in the relevance window
	More  bool         `json:"more"`  // total is a lower bound

	Weaker     int  `json:"weaker"`                // found, but hidden outside the window; all=1 shows them
	WeakerMore bool `json:"weaker_more,omitempty"` // weaker is a lower bound

	Partial bool     `json:"partial,omitempty"` // a leg that was asked did not answer; notes say why
	TookMS  float64  `json:"took_ms"`           // ms, of the search alone
	Notes   []string `json:"notes,omitempty"`   // what the person should know
}

// apiSearch answers GET /api/v1/search; without anything to search for, with a list of the pictures that the filters let pass.
func (s *site) apiSearch(w http.ResponseWriter, r *http.Request) {
	s.answerSearch(w, r, func(*search.Query) {})
}

// answerSearch answers with the search that an address spells, after change.
func (s *site) answerSearch(w http.ResponseWriter, r *http.Request, change func(*search.Query)) {
	result, err := s.ask(r, change)
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, answer{
		Hits: result.Hits, Total: result.Total, More: result.More, Weaker: result.Weaker, WeakerMore: result.WeakerMore,
		Partial: result.Partial, TookMS: milliseconds(result.Took), Notes: result.Notes,
	})
}

// ask runs the search that an address spells, after change.
func (s *site) ask(r *http.Request, change func(*search.Query)) (*search.Result, error) {
	request, err := parseRequest(r.URL.Query(), search.DefaultK, search.MaxResults)
	if err != nil {
		return nil, err
	}
	q, err := s.queryOf(request)
	if err != nil {
		return nil, err
	}
	addAPIFields(r.URL.Query(), &q)
	if err := s.addPictures(r.URL.Query(), &q); err != nil {
		return nil, err
	}
	change(&q)
	if strings.TrimSpace(q.Text) == "" && len(q.Terms) == 0 {
		request.query = q
		return s.searcher.List(r.Context(), request.listing())
	}
	return s.searcher.Search(r.Context(), q)
}

// addAPIFields reads what the page's form has no place for:
//
//	text                           words to add, or 2:words to weigh them, which are no line of the grammar; repeatable
//	prompt                         what texts are encoded as, with {q} for the words; repeatable
//	label                          labels to rank for each hit; takes a list
func addAPIFields(values url.Values, q *search.Query) {
	p := params{values: values}
	q.Prompts, q.Labels = p.all("prompt"), p.list("label")
	for _, s := range p.all("text") {
		weight, text := weightedText(s)
		q.Terms = append(q.Terms, search.Term{Kind: search.TermText, Text: text, Weight: weight})
	}
}

// addPictures adds the uploaded pictures of the parameter picture: a token, or 2:token to weigh it; repeatable.
func (s *site) addPictures(values url.Values, q *search.Query) error {
	p := params{values: values}
	for _, picture := range p.all("picture") {
		weight, token := weighted(picture)
		data := s.uploads.get(token)
		if data == nil {
			return errUploadGone
		}
		q.Terms = append(q.Terms, search.Term{Kind: search.TermImage, Image: data, Weight: weight})
	}
	return nil
}

// apiStats answers GET /api/v1/stats.
func (s *site) apiStats(w http.ResponseWriter, r *http.Request) {
	stats, err := s.counts.get(r.Context())
	if err != nil {
		apiError(w, r, err)
		return
	}
	var model any
	if stats.Model.ID != "" {
		model = map[string]any{"id": stats.Model.ID, "dir": stats.Model.Dir, "dims": stats.Model.Dims}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"library": s.library.Path(), "documents": stats.Documents, "hidden": stats.Hidden, "vectors": stats.Vectors,
		"captions": stats.Captions, "captioned": stats.Captioned, "skipped": stats.Skipped, "languages": stats.Languages,
		"formats": stats.Formats, "thumbnails": stats.Thumbnails, "thumbnail_bytes": stats.ThumbnailBytes, "bytes": stats.Bytes,
		"sequence": stats.Sequence, "model": model,
	})
}

// apiError answers with what is wrong, as {"error":"…"}.
func apiError(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	writeJSON(w, statusOf(err), map[string]string{"error": err.Error()})
}

// writeJSON writes v; a client that went away is no error of ours.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", cacheNever)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// milliseconds returns d in ms to two places.
func milliseconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*100_000) / 100
}
