package ui

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"clipsearch/search"
)

const (
	pageSize    = 60 // tiles: three screens of them, little enough to arrive while the first is looked at
	maxPageSize = 200
	maxPage     = search.MaxListed / search.MaxResults
	maxLikes    = 16 // pictures to search by at once
)

// request is a search as its address spells it. The page and the API read:
//
//	q                     the query line
//	mode                  hybrid, text, vector
//	like                  the ID of a picture to search by, or 2:ID to weigh it; repeatable
//	not                   words to move away from, or 2:words; repeatable
//	upload                the token of an uploaded picture
//	folder, type, since, until, tag, lang, has_caption=1   filters; type and tag take lists
//	min_size, max_size    filters: 1080 or 1920x1080; orientation: landscape, portrait, square
//	sort, seed, dedupe=1, all=1, prefix=1                  order and selection; without anything to search for, all that
//	                                                       the filters let pass is listed, the newest first
//	k, offset             hits, and hits left out before them; the page has p, from 1, in place of offset
//	fusion, text_weight, vector_weight, explain=1          fusion
//	blend                 both weights in one: the vector leg's share in percent, from 0 to 100
//	view=details          the page shows captions, scores and ranks with the pictures
type request struct {
	query   search.Query // but for the picture behind upload
	upload  string
	since   string // as typed
	until   string
	blend   int       // percent; unset where nothing was given
	sizes   [2]string // min_size and max_size, as typed
	details bool
	page    int // from 1
}

// unset is the blend of a request that leaves it to the model.
const unset = -1

// parseRequest reads an address's parameters. Errors wrap search.ErrBadQuery; the request then holds what could be read, to
// fill in the form again.
func parseRequest(values url.Values, defaultK, maxK int) (request, error) {
	p := params{values: values}
	r := request{
		upload: values.Get("upload"), since: strings.TrimSpace(values.Get("since")), until: strings.TrimSpace(values.Get("until")),
	}
	q := &r.query
	q.Text = values.Get("q")
	q.Mode = search.Mode(values.Get("mode"))
	q.Sort = search.Sort(values.Get("sort"))
	q.Fusion = search.Fusion(values.Get("fusion"))
	q.K = p.number("k", defaultK, 0, maxK)
	r.page = p.number("p", 1, 1, maxPage)
	q.Offset = p.number("offset", (r.page-1)*max(1, q.K), 0, search.MaxListed)
	q.Seed = uint64(p.number("seed", 0, 0, math.MaxInt32))
	q.Dedupe, q.All, q.Prefix, q.Explain = p.yes("dedupe"), p.yes("all"), p.yes("prefix"), p.yes("explain")
	q.TextWeight, q.VectorWeight = p.weight("text_weight"), p.weight("vector_weight")
	if values.Get("text_weight") == "" && values.Get("vector_weight") == "" {
		q.TextWeight, q.VectorWeight = 0, 0 // the engine's own
	}
	r.blend = p.number("blend", unset, 0, 100)
	if r.blend != unset {
		q.TextWeight, q.VectorWeight = float64(100-r.blend)/100, float64(r.blend)/100
	}
	r.details = p.choice("view", "", viewDetails) == viewDetails
	q.Terms = p.terms()
	q.Filter = search.Filter{
		Folder: strings.TrimSpace(values.Get("folder")), Types: p.list("type"), Tags: p.list("tag"),
		Lang: strings.TrimSpace(values.Get("lang")), HasCaption: p.yes("has_caption"),
		Orientation: search.Orientation(values.Get("orientation")),
	}
	r.sizes = [2]string{strings.TrimSpace(values.Get("min_size")), strings.TrimSpace(values.Get("max_size"))}
	var err error
	if q.Filter.MinSize, err = search.ParseSize(r.sizes[0]); err != nil {
		p.fail(err)
	}
	if q.Filter.MaxSize, err = search.ParseSize(r.sizes[1]); err != nil {
		p.fail(err)
	}
	if q.Filter.Since, err = search.ParseSince(r.since); err != nil {
		p.fail(err)
	}
	if q.Filter.Until, err = search.ParseUntil(r.until); err != nil {
		p.fail(err)
	}
	return r, p.err
}

// asks reports whether there is something to search for.
func (r request) asks() bool {
	return strings.TrimSpace(r.query.Text) != "" || len(r.query.Terms) > 0 || r.upload != ""
}

// listing returns what the request lists if it asks for nothing.
func (r request) listing() search.Listing {
	q := r.query
	l := search.Listing{Filter: q.Filter, Sort: q.Sort, Seed: q.Seed, Dedupe: q.Dedupe, K: q.K, Offset: q.Offset}
	if l.Sort == search.SortRelevance {
		l.Sort = search.SortDate
	}
	return l
}

// isHome reports whether the request is that of the start page.
func (r request) isHome() bool { return !r.asks() && r.address("/") == "/" }

// likes returns the pictures that the request searches by.
func (r request) likes() []search.ID {
	var ids []search.ID
	for _, term := range r.query.Terms {
		if term.Kind == search.TermLike {
			ids = append(ids, term.ID)
		}
	}
	return ids
}

// filters returns how many of the form's filters are set.
func (r request) filters() int {
	f := r.query.Filter
	n := 0
	for _, set := range []bool{
		f.Folder != "", len(f.Types) > 0, r.since != "", r.until != "", len(f.Tags) > 0, f.Lang != "", f.HasCaption,
		r.sizes[0] != "", r.sizes[1] != "", f.Orientation != "", r.query.Dedupe,
	} {
		if set {
			n++
		}
	}
	return n
}

// address returns the search page of this request: the inverse of parseRequest for what a page can say, without defaults.
func (r request) address(path string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	flag := func(name string, on bool) {
		if on {
			v.Set(name, "1")
		}
	}
	q := r.query
	set("q", q.Text)
	if q.Mode != search.ModeHybrid {
		set("mode", string(q.Mode))
	}
	for _, term := range q.Terms {
		if term.Kind == search.TermLike {
			v.Add("like", withWeight(term.Weight, strconv.FormatUint(term.ID, 10)))
		} else {
			v.Add("not", withWeight(-term.Weight, term.Text))
		}
	}
	set("upload", r.upload)
	set("folder", q.Filter.Folder)
	v["type"], v["tag"] = q.Filter.Types, q.Filter.Tags
	set("since", r.since)
	set("until", r.until)
	set("lang", q.Filter.Lang)
	flag("has_caption", q.Filter.HasCaption)
	set("min_size", r.sizes[0])
	set("max_size", r.sizes[1])
	set("orientation", string(q.Filter.Orientation))
	if r.blend != unset {
		set("blend", strconv.Itoa(r.blend))
	}
	if q.Sort != search.SortRelevance {
		set("sort", string(q.Sort))
	}
	if q.Seed > 0 {
		set("seed", strconv.FormatUint(q.Seed, 10))
	}
	flag("dedupe", q.Dedupe)
	flag("all", q.All)
	flag("prefix", q.Prefix)
	if r.details {
		set("view", viewDetails)
	}
	if q.K != pageSize {
		set("k", strconv.Itoa(q.K))
	}
	if r.page > 1 {
		set("p", strconv.Itoa(r.page))
	}
	if len(v.Encode()) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// at returns the same request for another page.
func (r request) at(page int) request {
	r.page = page
	return r
}

// without returns the same request, from its first page, without searching by a document.
func (r request) without(id search.ID) request {
	r.query.Terms = slices.DeleteFunc(slices.Clone(r.query.Terms), func(t search.Term) bool {
		return t.Kind == search.TermLike && t.ID == id
	})
	return r.at(1)
}

// params reads an address's parameters and remembers the first error.
type params struct {
	values url.Values
	err    error
}

func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *params) failf(format string, args ...any) {
	p.fail(fmt.Errorf("%w: %s", search.ErrBadQuery, fmt.Sprintf(format, args...)))
}

// number reads a whole number from low to high, or fallback where there is none.
func (p *params) number(name string, fallback, low, high int) int {
	s := p.values.Get(name)
	if s == "" {
		return fallback
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		p.failf(badNumber, name, s, low, high)
		return fallback
	}
	return n
}

// yes reads a switch: "1" is on, "0" and nothing are off.
func (p *params) yes(name string) bool {
	switch s := p.values.Get(name); s {
	case "", "0":
		return false
	case "1":
		return true
	default:
		p.failf(unknownSwitch, name, s)
		return false
	}
}

// choice reads one of several words; the first where there is none.
func (p *params) choice(name string, words ...string) string {
	s := p.values.Get(name)
	if !slices.Contains(append(words, ""), s) {
		p.failf(unknownChoice, name, s, strings.Join(filled(words), ", "))
		return words[0]
	}
	return s
}

// weight reads a leg's weight; 1 where there is none.
func (p *params) weight(name string) float64 {
	s := p.values.Get(name)
	if s == "" {
		return 1
	}
	w, err := strconv.ParseFloat(s, 64)
	if err != nil {
		p.failf("%s: %q is not a number", name, s)
		return 1
	}
	return w
}

// all reads the values of a repeatable parameter that say something.
func (p *params) all(name string) []string { return filled(p.values[name]) }

// list reads a repeatable parameter whose values may be several themselves, with commas between.
func (p *params) list(name string) []string {
	return filled(strings.Split(strings.Join(p.values[name], ","), ","))
}

// filled returns values without white space around them, without those that were nothing else.
func filled(values []string) []string {
	var all []string
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			all = append(all, value)
		}
	}
	return all
}

// terms reads the pictures to search by and the words to move away from.
func (p *params) terms() []search.Term {
	likes := p.all("like")
	if len(likes) > maxLikes {
		p.failf(tooManyOf, "like", len(likes), maxLikes)
		return nil
	}
	var terms []search.Term
	for _, s := range likes {
		weight, number := weighted(s)
		id, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			p.failf("like: %q is not a picture's number", s)
			continue
		}
		terms = append(terms, search.Term{Kind: search.TermLike, ID: id, Weight: weight})
	}
	for _, s := range p.all("not") {
		weight, text := weightedText(s)
		terms = append(terms, search.Term{Kind: search.TermText, Text: text, Weight: -weight})
	}
	return terms
}

// pathID reads the document's ID out of an address's path.
func pathID(r *http.Request) (search.ID, error) { return strconv.ParseUint(r.PathValue("id"), 10, 64) }
