package ui

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

const (
	similarShown  = 16 // pictures in the strip
	captionsShown = 6  // at first; some pictures have them in a hundred languages
)

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
	found := neighbours{}
	switch {
	case err != nil:
	case from.asks():
		found = s.neighbours(r, from, d.ID)
	default:
		found = s.listed(r, from, d.ID)
	}
	view := s.pictureView(d, captions, found.terms())
	view.opens = s.open != nil && isLocal(r)
	view.similar = s.similar(r, d)
	f := s.frame(r, view.name)
	view.back, view.previous, view.next, view.position = found.back, found.previous, found.next, found.position
	if found.rank > 0 {
		view.rank = strconv.Itoa(found.rank)
	}
	view.why = found.why()
	if err == nil {
		f.search = s.box(from)
	}
	view.find = s.findIn(r, d)
	s.render(w, r, http.StatusOK, picturePage(f, view))
}

// pictureView returns the view of a document by itself.
func (s *site) pictureView(d search.Document, captions []search.Caption, terms []string) pictureView {
	id := strconv.FormatUint(d.ID, 10)
	name := visible(filepath.Base(d.Path))
	v := pictureView{
		id: id, name: name, image: s.stageImage(d, name), download: originalAddress(d) + "?download=1",
		path: visible(d.Path), like: likeAddress(d.ID), details: details(d),
	}
	if contentTypeOf(d.Format) != "" {
		v.original = originalAddress(d)
	}
	for i, c := range captions {
		text := visible(c.Text)
		if i == 0 {
			v.image.alt = text
		}
		v.captions = append(v.captions, shownCaption{pieces: mark(text, terms), lang: c.Lang})
	}
	slices.SortStableFunc(v.captions, func(a, b shownCaption) int { return b.marks() - a.marks() })
	return v
}

// marks counts the words of a caption that matched.
func (c shownCaption) marks() int {
	n := 0
	for _, p := range c.pieces {
		if p.marked {
			n++
		}
	}
	return n
}

// details returns what is known of a document, without what is not.
func details(d search.Document) []detail {
	var all []detail
	add := func(label, value string) {
		if value != "" {
			all = append(all, detail{label: label, value: visible(value)})
		}
	}
	add(detailFile, filepath.Base(d.Path))
	if dir := filepath.Dir(d.Path); filepath.IsAbs(dir) {
		all = append(all, detail{detailFolder, visible(dir), inFolder(dir)})
	}
	add(detailSize, fmt.Sprintf(detailSizeValue, d.Width, d.Height, humanize.Bytes(uint64(max(0, d.Size)))))
	add(detailType, strings.ToUpper(d.Format))
	if d.Taken.IsZero() {
		add(detailModified, moment(d.ModTime))
	} else {
		add(detailTaken, moment(d.Taken))
	}
	add(detailCamera, d.Camera)
	add(detailPlace, d.Place)
	if d.HasGPS {
		add(detailAt, fmt.Sprintf("%.5f, %.5f", d.Latitude, d.Longitude))
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
func (s *site) similar(r *http.Request, d search.Document) []similarView {
	result, err := s.searcher.Search(r.Context(), search.Query{
		K: similarShown, Mode: search.ModeVector, Terms: []search.Term{{Kind: search.TermLike, ID: d.ID}},
		Filter: search.Filter{Without: []search.ID{d.ID}}, All: true,
	})
	if err != nil {
		return nil
	}
	var all []similarView
	for _, hit := range result.Hits {
		name := visible(filepath.Base(hit.Path))
		v := similarView{href: "/picture/" + strconv.FormatUint(hit.ID, 10), image: s.image(s.documentOr(hit.ID), name)}
		if best := bestCaption(hit); best != "" {
			v.image.alt = best
		}
		all = append(all, v)
	}
	return all
}

// neighbours is a picture's place in the results that it was reached from.
type neighbours struct {
	hit            *search.Hit // nil: it is not on that page of them
	rank           int         // from 1; 0: it is not known
	position       string
	back           string // address of the results; "" if there are none
	previous, next string // addresses; "" at the ends
}

// neighbours finds a picture in the results that it was reached from. What goes wrong there is no harm to its own page.
func (s *site) neighbours(r *http.Request, from request, id search.ID) (n neighbours) {
	n.back = from.address("/")
	from.query.Explain = true
	q, result, err := s.results(r, from)
	if err != nil {
		return n
	}
	at := slices.IndexFunc(result.Hits, func(h search.Hit) bool { return h.ID == id })
	if at < 0 {
		return n
	}
	n.hit = &result.Hits[at]
	n.rank, n.position = n.hit.Rank, position(n.hit.Rank, summary(result))
	if at > 0 {
		n.previous = pictureAddress(from, result.Hits[at-1].ID)
	} else if from.page > 1 {
		n.previous = s.edge(r, from.at(from.page-1), -1)
	}
	if at+1 < len(result.Hits) {
		n.next = pictureAddress(from, result.Hits[at+1].ID)
	} else if q.Offset+q.K < search.MaxResults {
		n.next = s.edge(r, from.at(from.page+1), 1)
	}
	return n
}

// edge returns the address of the first (1) or last (-1) picture of a page of results, "" if it is empty.
func (s *site) edge(r *http.Request, page request, which int) string {
	page.query.Offset = (page.page - 1) * page.query.K
	_, result, err := s.results(r, page)
	if err != nil || len(result.Hits) == 0 {
		return ""
	}
	if which > 0 {
		return pictureAddress(page, result.Hits[0].ID)
	}
	return pictureAddress(page, result.Hits[len(result.Hits)-1].ID)
}

// position says where in some results a picture is.
func position(rank int, results string) string {
	return fmt.Sprintf(positionOf, humanize.Comma(int64(rank)), results)
}

// pictureAddress returns the page of a picture of some results.
func pictureAddress(from request, id search.ID) string {
	return from.address("/picture/" + strconv.FormatUint(id, 10))
}

// terms returns the words that matched.
func (n neighbours) terms() []string {
	if n.hit == nil {
		return nil
	}
	return n.hit.Terms
}
