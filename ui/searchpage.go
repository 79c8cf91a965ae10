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
	if err := s.surround(r, request, &view); err != nil {
		s.fail(w, r, err)
		return
	}
	view.form.open = view.problem != "" && request.filters() > 0 // there may be what to mend
	s.render(w, r, status, searchPage(s.frame(s.subject(request)), view))
}

// fill runs the search and puts its result into the view.
func (s *site) fill(r *http.Request, request request, view *searchView) error {
	q, err := s.queryOf(request)
	if err != nil {
		return err
	}
	q.Filter.Without = request.likes()
	result, err := s.searcher.Search(r.Context(), q)
	if err != nil {
		return err
	}
	for _, note := range result.Notes {
		view.notes = append(view.notes, sentence(note))
	}
	view.summary = summary(q, result)
	view.took = tookText(result.Took)
	view.pager = pages(request, result)
	for _, hit := range result.Hits {
		view.tiles = append(view.tiles, s.tile(hit, request))
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
func (s *site) surround(r *http.Request, request request, view *searchView) error {
	stats, err := s.counts.get(r.Context())
	if err != nil {
		return err
	}
	view.empty = stats.Documents == 0
	if view.home && !view.empty && stats.Vectors == 0 {
		view.notes = append(view.notes, noModelNote)
	}
	view.counts = []string{
		counted(stats.Documents, countsPicture, countsPictures), counted(stats.Captions, countsCaption, countsCaptions),
		counted(stats.Vectors, countsVector, countsVectors),
	}
	view.form = s.form(request, stats)
	return nil
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

// summary says how many pictures were found and which of them are shown.
func summary(q search.Query, result *search.Result) string {
	first, last := humanize.Comma(int64(q.Offset+1)), humanize.Comma(int64(q.Offset+len(result.Hits)))
	total := humanize.Comma(int64(result.Total))
	switch {
	case result.Total == 0:
		return foundNone
	case len(result.Hits) == 0:
		return counted(result.Total, foundOne, foundAll)
	case result.More:
		return fmt.Sprintf(foundMore, first, last)
	case len(result.Hits) < result.Total:
		return fmt.Sprintf(foundRange, first, last, total)
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
	p := pager{current: fmt.Sprintf(pageNumber, r.page)}
	if r.page > 1 {
		p.previous = r.at(r.page - 1).address("/")
	}
	if end := r.query.Offset + r.query.K; end < result.Total && end+r.query.K <= search.MaxResults {
		p.next = r.at(r.page + 1).address("/")
	}
	return p
}
