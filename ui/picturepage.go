package ui

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

const similarShown = 12 // pictures in the strip: two rows on a wide screen

// picturePage answers GET /picture/{id}. The rest of the address is that of the results it was reached from.
func (s *site) picturePage(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	captions, err := s.library.Captions(d.ID)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	from, err := parseRequest(r.URL.Query(), pageSize, maxPageSize)
	view := pictureViewOf(d, captions)
	if err == nil && from.asks() {
		view.back = from.address("/")
	}
	view.similar = s.similar(r, d.ID)
	s.render(w, r, http.StatusOK, picturePage(s.frame(view.name), view))
}

// pictureViewOf returns the view of a document, without what is similar.
func pictureViewOf(d search.Document, captions []search.Caption) pictureView {
	id := strconv.FormatUint(d.ID, 10)
	name := visible(filepath.Base(d.Path))
	v := pictureView{
		name: name, alt: name, width: d.Width, height: d.Height, image: "/original/" + id, original: "/original/" + id,
		like: likeAddress(d.ID), details: details(d),
	}
	for i, c := range captions {
		text := visible(c.Text)
		if i == 0 {
			v.alt = text
		}
		v.captions = append(v.captions, shownCaption{pieces: mark(text, nil), lang: c.Lang})
	}
	return v
}

// details returns what is known of a document, without what is not.
func details(d search.Document) []detail {
	var all []detail
	add := func(label, value string) {
		if value != "" {
			all = append(all, detail{label, visible(value)})
		}
	}
	add(detailFile, filepath.Base(d.Path))
	add(detailFolder, filepath.Dir(d.Path))
	add(detailSize, fmt.Sprintf(detailSizeValue, d.Width, d.Height, humanize.Bytes(uint64(max(0, d.Size)))))
	add(detailType, strings.ToUpper(d.Format))
	if d.Taken.IsZero() {
		add(detailModified, moment(d.ModTime))
	} else {
		add(detailTaken, moment(d.Taken))
	}
	add(detailCamera, d.Camera)
	if d.HasGPS {
		add(detailPlace, fmt.Sprintf("%.5f, %.5f", d.Latitude, d.Longitude))
	}
	add(detailTags, strings.Join(d.Tags, ", "))
	return all
}

// moment returns a time as people read it, "" if it is not known.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2 January 2006, 15:04")
}

// similar returns the pictures most like a document; none if that cannot be told.
func (s *site) similar(r *http.Request, id search.ID) []tile {
	result, err := s.searcher.Search(r.Context(), search.Query{
		K: similarShown, Mode: search.ModeVector, Terms: []search.Term{{Kind: search.TermLike, ID: id}},
		Filter: search.Filter{Without: []search.ID{id}},
	})
	if err != nil {
		return nil
	}
	var tiles []tile
	for _, hit := range result.Hits {
		tiles = append(tiles, s.tile(hit, request{query: search.Query{K: pageSize}}))
	}
	return tiles
}
