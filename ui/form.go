package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"clipsearch/search"
)

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

// tipAddress returns the page of a tip's query.
func tipAddress(t tip) string {
	return request{query: search.Query{K: pageSize, Text: t.query}}.address("/")
}
