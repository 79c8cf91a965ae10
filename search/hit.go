package search

import (
	"time"
	"unicode/utf8"

	"clipsearch/index/store"
)

// Hit is one picture found. Its JSON is part of the CLI contract.
type Hit struct {
	Rank       int       `json:"rank"` // in the order shown, from 1
	ID         store.ID  `json:"id"`
	Path       string    `json:"path"`
	PathBytes  []byte    `json:"path_bytes,omitempty"` // see PathBytes
	Score      float64   `json:"score"`                // fused; comparable within one query
	Similarity *float64  `json:"similarity,omitempty"` // in [-1, 1]; nil: the query or the picture has no vector
	Ranks      Ranks     `json:"ranks"`
	Captions   []string  `json:"captions"` // all; never nil
	Terms      []string  `json:"terms"`    // words of the document that matched, lower case; never nil
	Width      int       `json:"width"`    // px, upright
	Height     int       `json:"height"`
	Taken      time.Time `json:"taken,omitzero"`
	Duplicates int       `json:"duplicates,omitempty"` // near-duplicates hidden behind it
	Labels     []Label   `json:"labels,omitempty"`     // Query.Labels, the likeliest first; nil: the picture has no vector
	Explain    []Share   `json:"explain,omitempty"`    // if asked for: the legs that found it
	Marks      []Mark    `json:"marks,omitempty"`      // if asked for: where Terms are in Captions
	Pulls      []Pull    `json:"pulls,omitempty"`      // if asked for: which words draw the query's vector to it
}

// PathBytes returns a path as JSON has it beside the path as text, in base64, where that is not UTF-8 and so the text, with
// U+FFFD for what is not, names no file; nil where it is.
func PathBytes(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}

// Ranks are a hit's places in the legs, from 1; 0 where a leg did not find it.
type Ranks struct {
	Text   int `json:"text,omitempty"`
	Vector int `json:"vector,omitempty"`
}

// Share is what one leg adds to a hit's score. The shares of a hit add up to its score.
type Share struct {
	Leg          Mode    `json:"leg"` // ModeText or ModeVector
	Rank         int     `json:"rank"`
	Score        float64 `json:"score"`  // raw: BM25 or similarity
	Weight       float64 `json:"weight"` // of the leg
	Contribution float64 `json:"contribution"`
}

// Result is the answer to a query.
type Result struct {
	Hits  []Hit         // best first, or as Query.Sort says; never nil
	Total int           // pictures found in the relevance window, those before and after Hits included
	More  bool          // Total is a lower bound: the legs were not read to their ends
	Took  time.Duration // from the query to the hits

	TextTook, VectorTook time.Duration // of each leg, which run side by side; 0: it was not asked

	Weaker     int  // pictures found outside the relevance window, which Query.All would show; 0 with it
	WeakerMore bool // Weaker is a lower bound

	Partial bool     // a leg that was asked did not answer, or is not ready; Notes say why
	Notes   []string // what the person should know: a leg that did not answer and why, a line that was cut
}

// hit turns a loaded candidate into a hit; rank and similarity are filled in by the caller.
func (c candidate) hit(q Query) Hit {
	d := c.record.Document
	h := Hit{
		ID: c.id, Path: d.Path, PathBytes: PathBytes(d.Path), Score: c.score,
		Ranks:    Ranks{Text: c.text.rank, Vector: c.vector.rank},
		Captions: make([]string, 0, len(c.record.Captions)),
		Terms:    append([]string{}, c.terms...),
		Width:    d.Width, Height: d.Height, Taken: d.Taken,
		Duplicates: c.twins,
	}
	for _, caption := range c.record.Captions {
		h.Captions = append(h.Captions, caption.Text)
	}
	if q.Explain {
		h.Explain, h.Marks = c.shares(q), marks(h.Captions, h.Terms)
	}
	return h
}

// shares explains a candidate's score.
func (c candidate) shares(q Query) []Share {
	var shares []Share
	if s := c.text; s.rank > 0 {
		shares = append(shares, Share{ModeText, s.rank, s.raw, q.TextWeight, s.share})
	}
	if s := c.vector; s.rank > 0 {
		shares = append(shares, Share{ModeVector, s.rank, s.raw, q.VectorWeight, s.share})
	}
	return shares
}
