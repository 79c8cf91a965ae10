package ui

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"clipsearch/search"
)

// form returns the search form that a request was sent with.
func (s *site) form(r request, stats search.Stats) formView {
	q := r.query
	v := s.box(r)
	v.modes = options(string(q.Mode), string(search.ModeHybrid), modeHybrid, string(search.ModeText), modeText, string(search.ModeVector), modeVector)
	v.browses = !r.asks()
	sorts := []string{string(search.SortRelevance), sortRelevance, string(search.SortDate), sortDate, string(search.SortName), sortName,
		string(search.SortFolder), sortFolder, string(search.SortRandom), sortRandom}
	if v.browses { // nothing is better than anything
		sorts = sorts[2:]
	}
	v.sorts = options(string(q.Sort), sorts...)
	v.model = strconv.Itoa(int(math.Round(100 * search.VectorShare(stats.Model.ID))))
	v.blend = v.model
	if r.blend != unset {
		v.blend = strconv.Itoa(r.blend)
	}
	v.detail, v.details.name = r.details, detailsShow
	if r.details {
		v.details.name = detailsHide
	}
	switched := r
	switched.details = !r.details
	v.details.href = switched.address("/")
	v.filters = s.filters(r, stats)
	return v
}

// box returns what every page's form has: the words and pictures of a request, and what it carries on without showing it.
func (s *site) box(r request) formView {
	v := formView{query: r.query.Text, chips: s.chips(r)}
	_, v.state, _ = strings.Cut(r.at(1).address("/"), "?")
	hide := func(name, value string) {
		if value != "" {
			v.hidden = append(v.hidden, field{name, value})
		}
	}
	for _, term := range r.query.Terms {
		if term.Kind == search.TermLike {
			hide("like", strconv.FormatUint(term.ID, 10))
		} else {
			hide("not", term.Text)
		}
	}
	hide("upload", r.upload)
	hide("max_size", r.sizes[1])
	if r.query.K > 0 && r.query.K != pageSize {
		hide("k", strconv.Itoa(r.query.K))
	}
	if r.query.All {
		hide("all", "1")
	}
	if r.details {
		hide("view", viewDetails)
	}
	return v
}

// filters returns the fields of a request's filters and those that are set.
func (s *site) filters(r request, stats search.Stats) filterView {
	f := r.query.Filter
	v := filterView{
		summary: filtersSummary, folder: f.Folder, since: r.since, until: r.until, tag: strings.Join(f.Tags, ", "), lang: f.Lang,
		captioned: f.HasCaption, dedupe: r.query.Dedupe, types: typeOptions(f.Types, stats.Formats),
		sizes: options(r.sizes[0], append([]string{"", sizeAny, "640", sizeSmall, "1080", sizeMedium, "2160", sizeLarge}, typed(r.sizes[0])...)...),
		shapes: options(string(f.Orientation), "", shapeAny, string(search.Landscape), shapeLandscape, string(search.Portrait), shapePortrait,
			string(search.Square), shapeSquare),
		set: setFilters(r), choose: r.at(1).address("/folders"), langs: slices.Sorted(maps.Keys(stats.Languages)),
	}
	v.langs = slices.DeleteFunc(v.langs, func(lang string) bool { return lang == "" })
	if n := r.filters(); n > 0 {
		v.summary = fmt.Sprintf(filtersActive, n)
	}
	return v
}

// typed returns the choice for a size that is none of those on offer.
func typed(size string) []string {
	if slices.Contains([]string{"", "640", "1080", "2160"}, size) {
		return nil
	}
	return []string{size, fmt.Sprintf(sizeTyped, visible(size))}
}

// setFilters returns the filters in force, each with the search without it.
func setFilters(r request) []setFilter {
	var all []setFilter
	add := func(set bool, label string, remove func(*request)) {
		if set {
			rest := r.at(1)
			remove(&rest)
			all = append(all, setFilter{visible(label), rest.address("/")})
		}
	}
	f := r.query.Filter
	add(f.Folder != "", folderLabel+": "+filepath.Base(f.Folder), func(r *request) { r.query.Filter.Folder = "" })
	add(len(f.Types) > 0, strings.ToUpper(strings.Join(f.Types, ", ")), func(r *request) { r.query.Filter.Types = nil })
	add(r.since != "", sinceLabel+" "+r.since, func(r *request) { r.since = "" })
	add(r.until != "", untilLabel+" "+r.until, func(r *request) { r.until = "" })
	add(len(f.Tags) > 0, tagLabel+": "+strings.Join(f.Tags, ", "), func(r *request) { r.query.Filter.Tags = nil })
	add(f.Lang != "", langLabel+": "+f.Lang, func(r *request) { r.query.Filter.Lang = "" })
	add(f.HasCaption, captionLabel, func(r *request) { r.query.Filter.HasCaption = false })
	add(r.sizes[0] != "", fmt.Sprintf(sizeTyped, r.sizes[0]), func(r *request) { r.sizes[0] = "" })
	add(r.sizes[1] != "", fmt.Sprintf(sizeAtMost, r.sizes[1]), func(r *request) { r.sizes[1] = "" })
	add(f.Orientation != "", shapeName(f.Orientation), func(r *request) { r.query.Filter.Orientation = "" })
	add(r.query.Dedupe, dedupeLabel, func(r *request) { r.query.Dedupe = false })
	for _, term := range r.query.Terms {
		if term.Kind == search.TermText {
			add(true, fmt.Sprintf(notLabel, term.Text), func(r *request) {
				r.query.Terms = slices.DeleteFunc(slices.Clone(r.query.Terms), func(t search.Term) bool { return t.Kind == search.TermText && t.Text == term.Text })
			})
		}
	}
	return all
}

// shapeName returns an orientation as the page calls it.
func shapeName(o search.Orientation) string {
	switch o {
	case search.Landscape:
		return shapeLandscape
	case search.Portrait:
		return shapePortrait
	case search.Square:
		return shapeSquare
	}
	return string(o)
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
func tipAddress(t tip) string { return asking(search.Query{Text: t.query}).address("/") }

// asking returns the request of a query's first page.
func asking(q search.Query) request {
	q.K = pageSize
	return request{query: q, page: 1, blend: unset}
}
