package ui

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
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

// tile returns the view of a hit.
func (s *site) tile(hit search.Hit, r request) tile {
	d := s.documentOr(hit.ID)
	name := visible(filepath.Base(hit.Path))
	t := tile{
		href: r.address("/picture/" + strconv.FormatUint(hit.ID, 10)), thumb: thumbAddress(d),
		name: name, alt: name, width: hit.Width, height: hit.Height, whole: shownWhole(hit.Width, hit.Height),
		why:  why(hit),
		like: likeAddress(hit.ID), likeName: moreLikeThis + ": " + name,
	}
	if best := bestCaption(hit); best != "" {
		t.alt = best
		t.caption = mark(best, hit.Terms)
	}
	if hit.Duplicates > 0 {
		t.hidden = counted(hit.Duplicates, hiddenOne, hiddenMany)
	}
	return t
}

// documentOr returns a document, or one of which only the ID is known if it has gone.
func (s *site) documentOr(id search.ID) search.Document {
	d, err := s.library.Document(id)
	if err != nil {
		return search.Document{ID: id}
	}
	return d
}

// bestCaption returns the caption with the most matched words, the first of equals.
func bestCaption(hit search.Hit) string {
	best, most := "", -1
	for _, caption := range hit.Captions {
		caption = visible(caption)
		n := 0
		for _, p := range mark(caption, hit.Terms) {
			if p.marked {
				n++
			}
		}
		if n > most {
			best, most = caption, n
		}
	}
	return best
}

// why says in short how a hit came about.
func why(hit search.Hit) []string {
	parts := []string{fmt.Sprintf(whyScore, hit.Score)}
	if hit.Ranks.Text > 0 {
		parts = append(parts, fmt.Sprintf(whyText, hit.Ranks.Text))
	}
	if hit.Ranks.Vector > 0 {
		parts = append(parts, fmt.Sprintf(whyVector, hit.Ranks.Vector))
	}
	if hit.Similarity != nil {
		parts = append(parts, fmt.Sprintf(whySimilarity, *hit.Similarity))
	}
	return parts
}

// shownWhole reports whether a picture's shape is so far from a tile's 4:3 that cutting it to fit would lose more than a
// third of it.
func shownWhole(width, height int) bool {
	return 3*width < 2*height*4/3 || 2*width > 3*height*4/3
}

func thumbAddress(d search.Document) string {
	address := "/thumb/" + strconv.FormatUint(d.ID, 10)
	if version := contentVersion(d); version != "" {
		address += "?v=" + version
	}
	return address
}

// likeAddress returns the page of the pictures that are like a document.
func likeAddress(id search.ID) string {
	like := request{query: search.Query{K: pageSize, Terms: []search.Term{{Kind: search.TermLike, ID: id}}}}
	return like.address("/")
}

// tipAddress returns the page of a tip's query.
func tipAddress(t tip) string {
	return request{query: search.Query{K: pageSize, Text: t.query}}.address("/")
}

// form returns the search form that a request was sent with.
func (s *site) form(r request, stats search.Stats) formView {
	q := r.query
	v := formView{
		query: q.Text, set: filtersSummary, since: r.since, until: r.until, folder: q.Filter.Folder,
		tag: strings.Join(q.Filter.Tags, ", "), lang: q.Filter.Lang, captioned: q.Filter.HasCaption, dedupe: q.Dedupe,
		chips: s.chips(r),
		modes: options(string(q.Mode), string(search.ModeHybrid), modeHybrid, string(search.ModeText), modeText, string(search.ModeVector), modeVector),
		sorts: options(string(q.Sort), string(search.SortRelevance), sortRelevance, string(search.SortDate), sortDate,
			string(search.SortName), sortName, string(search.SortFolder), sortFolder, string(search.SortRandom), sortRandom),
		types:  typeOptions(q.Filter.Types, stats.Formats),
		upload: []field{{"q", q.Text}, {"mode", string(q.Mode)}},
	}
	if n := r.filters(); n > 0 {
		v.set = fmt.Sprintf(filtersActive, n)
	}
	for _, id := range r.likes() {
		v.hidden = append(v.hidden, field{"like", strconv.FormatUint(id, 10)})
	}
	if r.upload != "" {
		v.hidden = append(v.hidden, field{"upload", r.upload})
	}
	if q.K != pageSize {
		v.hidden = append(v.hidden, field{"k", strconv.Itoa(q.K)})
	}
	return v
}

// chips returns the pictures that a request searches by.
func (s *site) chips(r request) []chip {
	var chips []chip
	for _, id := range r.likes() {
		chips = append(chips, chip{
			label: likeChip + " " + s.nameOf(id), image: thumbAddress(s.documentOr(id)), href: "/picture/" + strconv.FormatUint(id, 10),
			remove: r.without(id).address("/"),
		})
	}
	if r.upload != "" {
		rest := r.at(1)
		rest.upload = ""
		image := "/upload/" + r.upload
		if len(r.upload) > 12 {
			image += "?v=" + r.upload[:12]
		}
		chips = append(chips, chip{label: uploadChip, image: image, remove: rest.address("/")})
	}
	return chips
}

// options returns choices given as value, label, value, label, …; the first is chosen if current is none of them.
func options(current string, pairs ...string) []option {
	var all []option
	chosen := 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == current {
			chosen = len(all)
		}
		all = append(all, option{value: pairs[i], label: pairs[i+1]})
	}
	all[chosen].chosen = true
	return all
}

// typeOptions returns the file types that the library has.
func typeOptions(current []string, formats map[string]int) []option {
	pairs := []string{"", typeAny}
	for _, name := range search.Formats() {
		if formats[name] > 0 || slices.Contains(current, name) {
			pairs = append(pairs, name, strings.ToUpper(name))
		}
	}
	return options(strings.Join(current, ","), pairs...)
}
