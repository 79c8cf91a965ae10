package ui

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

// searchPage answers GET /.
func (s *site) searchPage(w http.ResponseWriter, r *http.Request) {
	request, err := parseRequest(r.URL.Query(), pageSize, maxPageSize)
	if request.query.Sort == search.SortRandom && request.query.Seed == 0 {
		request.query.Seed = 1 + rand.Uint64N(1<<30) // the next page continues the same order
	}
	view := searchView{home: !request.asks() && err == nil}
	status := http.StatusOK
	if err == nil && !view.home {
		err = s.fill(r, request, &view)
	}
	if r.Context().Err() != nil {
		return // nobody reads it
	}
	if err != nil {
		status, view.problem = statusOf(err), sentence(err.Error())
		view.summary = titleOf(status)
	}
	f := s.frame(r, s.subject(request))
	f.here = "/"
	if err := s.surround(r, request, &view, &f); err != nil {
		s.fail(w, r, err)
		return
	}
	f.search.typing = view.home
	f.search.filters.open = view.problem != "" && request.filters() > 0 // there may be what to mend
	s.render(w, r, status, searchPage(f, view))
}

// results runs the search of a page and returns the query that it was.
func (s *site) results(r *http.Request, request request) (search.Query, *search.Result, error) {
	q, err := s.queryOf(request)
	if err != nil {
		return q, nil, err
	}
	q.Filter.Without = request.likes()
	result, err := s.searcher.Search(r.Context(), q)
	return q, result, err
}

// fill runs the search and puts its result into the view.
func (s *site) fill(r *http.Request, request request, view *searchView) error {
	q, result, err := s.results(r, request)
	if err != nil {
		return err
	}
	for _, note := range result.Notes {
		view.notes = append(view.notes, sentence(note))
	}
	view.summary = summary(result)
	view.took = tookText(result.Took)
	view.pager = pages(request, result)
	view.weaker = weakerOf(request, result)
	view.grid = gridView{page: request.page, size: q.K, details: request.details, open: result.More}
	view.grid.pages = (min(result.Total, search.MaxResults) + q.K - 1) / q.K
	for _, hit := range result.Hits {
		view.grid.tiles = append(view.grid.tiles, s.tile(hit, request))
	}
	switch {
	case len(result.Hits) > 0:
	case result.Total > 0:
		view.nothing = pastTheEnd
	case request.filters() > 0:
		view.nothing = noResultsFor
	default:
		view.nothing = noResults
	}
	return nil
}

// surround puts what does not depend on the result into the view.
func (s *site) surround(r *http.Request, request request, view *searchView, f *frame) error {
	stats, err := s.counts.get(r.Context())
	if err != nil {
		return err
	}
	view.empty, view.missing = stats.Documents == 0, s.missing
	if view.home && !view.empty {
		view.random = s.randomRow(stats.Sequence % largestSeed)
	}
	if view.home && !view.empty && stats.Vectors == 0 {
		view.notes = append(view.notes, noModelNote)
	}
	view.counts = []string{
		counted(stats.Documents, countsPicture, countsPictures), counted(stats.Captions, countsCaption, countsCaptions),
		counted(stats.Vectors, countsVector, countsVectors),
	}
	f.search = s.form(request, stats)
	return nil
}

// weakerOf says how many pictures the relevance window hides, or that it was opened.
func weakerOf(r request, result *search.Result) weakerView {
	other := r.at(1)
	other.query.All = !r.query.All
	switch {
	case r.query.All:
		return weakerView{weakerShown, weakerHide, other.address("/")}
	case result.Weaker == 0:
		return weakerView{}
	case result.WeakerMore:
		return weakerView{fmt.Sprintf(weakerOver, humanize.Comma(int64(result.Weaker))), weakerShow, other.address("/")}
	}
	return weakerView{counted(result.Weaker, weakerOne, weakerMany), weakerShow, other.address("/")}
}

// counted returns how many of something there are.
func counted(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, humanize.Comma(int64(n)))
}

// subject returns what a search is about, for the page's title.
func (s *site) subject(r request) string {
	text := strings.TrimSpace(r.query.Text)
	likes := r.likes()
	switch {
	case text != "":
		return text
	case len(likes) > 0:
		return fmt.Sprintf(likeTitle, s.nameOf(likes[0]))
	case r.upload != "":
		return uploadTitle
	}
	return ""
}

// nameOf returns the file name of a document, or its number if it has gone.
func (s *site) nameOf(id search.ID) string {
	if d := s.documentOr(id); d.Path != "" {
		return visible(filepath.Base(d.Path))
	}
	return strconv.FormatUint(id, 10)
}

// summary says how many pictures were found.
func summary(result *search.Result) string {
	switch {
	case result.Total == 0:
		return foundNone
	case result.More:
		return fmt.Sprintf(foundMore, humanize.Comma(int64(result.Total)))
	}
	return counted(result.Total, foundOne, foundAll)
}

// tookText returns a search's time as people read it.
func tookText(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return tookNothing
	case d < time.Second:
		return fmt.Sprintf(tookMilliseconds, d.Milliseconds())
	}
	return fmt.Sprintf(tookSeconds, d.Seconds())
}

// pages returns the links to the pages around a result.
func pages(r request, result *search.Result) pager {
	q := r.query
	p := pager{current: fmt.Sprintf(pageRange, r.page, humanize.Comma(int64(q.Offset+1)), humanize.Comma(int64(q.Offset+len(result.Hits))))}
	if r.page > 1 {
		p.previous = r.at(r.page - 1).address("/")
	}
	if end := r.query.Offset + r.query.K; end < result.Total && end+r.query.K <= search.MaxResults {
		p.next = r.at(r.page + 1).address("/")
	}
	return p
}
