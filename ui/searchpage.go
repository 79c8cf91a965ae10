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
	view := searchView{home: request.isHome() && err == nil}
	status := http.StatusOK
	switch {
	case err != nil:
	case request.asks():
		err = s.fill(r, request, &view)
	default:
		err = s.browse(r, request, &view)
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
	if q.Offset < search.MaxResults {
		q.K = min(q.K, search.MaxResults-q.Offset) // the last page may be short
	}
	result, err := s.searcher.Search(r.Context(), q)
	return q, result, err
}

// fill runs the search and puts its result into the view.
func (s *site) fill(r *http.Request, request request, view *searchView) error {
	_, result, err := s.results(r, request)
	if err != nil {
		return err
	}
	for _, note := range result.Notes {
		view.notes = append(view.notes, sentence(note))
	}
	view.summary = summary(result)
	view.took = tookText(result.Took)
	view.pager = pages(request, result, search.MaxResults)
	view.weaker = weakerOf(request, result)
	view.grid = s.gridOf(request, result, search.MaxResults)
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

// gridOf returns the tiles of a page of results, of which the first most can be shown.
func (s *site) gridOf(r request, result *search.Result, most int) gridView {
	k := r.query.K
	v := gridView{page: r.page, size: k, details: r.details, open: result.More, pages: (min(result.Total, most) + k - 1) / k}
	for _, hit := range result.Hits {
		v.tiles = append(v.tiles, s.tile(hit, r))
	}
	return v
}

// surround puts what does not depend on the result into the view.
func (s *site) surround(r *http.Request, request request, view *searchView, f *frame) error {
	stats, err := s.counts.get(r.Context())
	if err != nil {
		return err
	}
	view.empty, view.missing = stats.Documents == 0, s.missing()
	if view.home && !view.empty && stats.Vectors == 0 {
		view.notes = append(view.notes, noModelNote)
	}
	f.search = s.form(request, stats)
	f.search.filters.years, f.search.filters.tags = s.known(r)
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
	case r.query.Filter.Folder != "":
		return filepath.Base(r.query.Filter.Folder)
	case !r.isHome():
		return placeAll
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

// pages returns the links to the pages around a result, of which the first most pictures can be shown.
func pages(r request, result *search.Result, most int) pager {
	q := r.query
	p := pager{current: fmt.Sprintf(pageRange, r.page, humanize.Comma(int64(q.Offset+1)), humanize.Comma(int64(q.Offset+len(result.Hits))))}
	if r.page > 1 {
		p.previous = r.at(r.page - 1).address("/")
	}
	if end := r.query.Offset + r.query.K; end < min(result.Total, most) {
		p.next = r.at(r.page + 1).address("/")
	}
	return p
}
