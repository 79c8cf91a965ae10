package ui

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

const (
	foldersNamed = 24  // below the one that is shown, or at the top: more are on their own page
	tagsNamed    = 100 // that the form completes by itself
)

// browse lists what the request's filters let pass, and puts it into the view.
func (s *site) browse(r *http.Request, request request, view *searchView) error {
	result, err := s.searcher.List(r.Context(), request.listing())
	if err != nil {
		return err
	}
	view.summary = summary(result)
	view.pager = pages(request, result, search.MaxListed)
	view.grid = s.gridOf(request, result, search.MaxListed)
	switch {
	case len(result.Hits) > 0:
	case result.Total > 0:
		view.nothing = pastTheEnd
	case request.filters() > 0:
		view.nothing = noPicturesFor
	}
	tops, err := s.folders.get(r.Context())
	if err != nil {
		return err
	}
	view.place = placeOf(request, tops)
	return nil
}

// placeOf says where in the folders a listing is, and what lies below.
func placeOf(r request, tops []*folder) placeView {
	within := func(path string) string {
		there := r.at(1)
		there.query.Filter.Folder = path
		return there.address("/")
	}
	folder, below := r.query.Filter.Folder, tops
	v := placeView{title: placeAll, choose: r.at(1).address("/folders")}
	if folder != "" {
		v.title, below = visible(filepath.Base(folder)), nil
		v.above = []link{{placeAll, within("")}}
		for level := tops; ; {
			f := holding(level, folder)
			if f == nil {
				break
			}
			if f.Path == folder {
				below = f.Folders
				break
			}
			v.above, level = append(v.above, link{visible(f.Name), within(f.Path)}), f.Folders
		}
	} else if len(tops) == 1 && tops[0].Own == 0 {
		below = tops[0].Folders
	}
	for _, f := range below[:min(len(below), foldersNamed)] {
		if f.Pictures > 0 {
			v.below = append(v.below, folderLink{
				link{visible(f.Name), within(f.Path)}, humanize.Comma(int64(f.Pictures)), counted(f.Pictures, countsPicture, countsPictures),
			})
		}
	}
	v.more = len(below) > foldersNamed
	return v
}

// holding returns the folder of a list that is a path or holds it, nil if none does.
func holding(all []*folder, path string) *folder {
	for _, f := range all {
		if f.Path == path || strings.HasPrefix(path, strings.TrimSuffix(f.Path, string(filepath.Separator))+string(filepath.Separator)) {
			return f
		}
	}
	return nil
}

// listed finds a picture in the listing that it was reached from. What goes wrong there is no harm to its own page.
func (s *site) listed(r *http.Request, from request, id search.ID) (n neighbours) {
	place, err := s.searcher.Place(r.Context(), from.listing(), id)
	if err != nil || place.Rank == 0 {
		return neighbours{back: from.at(1).address("/")}
	}
	at := func(rank int) request { return from.at(1 + (rank-1)/max(1, from.query.K)) }
	n.rank = place.Rank
	n.back = at(place.Rank).address("/") + "#r" + strconv.Itoa(place.Rank)
	n.position = position(place.Rank, counted(place.Total, foundOne, foundAll))
	if place.Previous != 0 {
		n.previous = pictureAddress(from.at(1), place.Previous)
	}
	if place.Next != 0 {
		n.next = pictureAddress(from.at(1), place.Next)
	}
	return n
}

// known returns the years and tags that a library has, for fields to be completed.
func (s *site) known(r *http.Request) (years, tags []string) {
	facets, err := s.searcher.Facets(r.Context())
	if err != nil {
		return nil, nil // they can be typed
	}
	for _, y := range facets.Years {
		years = append(years, strconv.Itoa(y.Year))
	}
	for _, t := range facets.Tags[:min(len(facets.Tags), tagsNamed)] {
		tags = append(tags, visible(t.Tag))
	}
	return years, tags
}

// apiTags answers GET /api/v1/tags: the library's tags, the most frequent first.
//
//	begin     of the tag or of a word in it, whatever its case
//	k         tags, 50 if absent
func (s *site) apiTags(w http.ResponseWriter, r *http.Request) {
	p := params{values: r.URL.Query()}
	k := p.number("k", 50, 1, 1000)
	facets, err := s.searcher.Facets(r.Context())
	if err == nil {
		err = p.err
	}
	if err != nil {
		apiError(w, r, err)
		return
	}
	type tag struct {
		Tag      string `json:"tag"`
		Pictures int    `json:"pictures"`
	}
	found := []tag{}
	for _, t := range facets.Tags {
		if len(found) == k {
			break
		}
		if begins(t.Tag, p.values.Get("begin")) {
			found = append(found, tag{t.Tag, t.Pictures})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"tags": found})
}

// begins reports whether a word of a text begins with beginning, whatever its case.
func begins(text, beginning string) bool {
	text, beginning = strings.ToLower(text), strings.ToLower(strings.TrimSpace(beginning))
	return strings.HasPrefix(text, beginning) || strings.Contains(text, " "+beginning)
}

// inFolder returns the address of the pictures of a folder.
func inFolder(path string) string {
	return "/?" + url.Values{"folder": {path}}.Encode()
}
