package ui

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"clipsearch/search"
)

const (
	rowShown    = 12      // pictures in a row: more than fit
	largestSeed = 1 << 30 // so that it is short in the address
)

// explorePage answers GET /explore; seed chooses the random row.
func (s *site) explorePage(w http.ResponseWriter, r *http.Request) {
	p := params{values: r.URL.Query()}
	seed := uint64(p.number("seed", int(s.library.Sequence()%largestSeed), 0, largestSeed))
	v := exploreView{random: s.randomRow(seed)}
	if s.explorer != nil {
		if ids, err := s.explorer.OnThisDay(r.Context(), time.Now(), rowShown); err == nil {
			v.day = rowView{title: dayTitle, pictures: s.pictures(ids)}
		}
		v.groups, v.note = s.groups(r)
	}
	f := s.frame(r, exploreTitle)
	f.here = "/explore"
	s.render(w, r, http.StatusOK, explorePage(f, v))
}

// groups returns the library's groups, or why there are none.
func (s *site) groups(r *http.Request) ([]groupView, string) {
	groups, err := s.explorer.Groups(r.Context())
	if err != nil {
		return nil, sentence(err.Error())
	}
	if len(groups) == 0 {
		return nil, noGroups
	}
	var views []groupView
	for i, g := range groups {
		v := groupView{href: likeAddress(g.Middle), word: visible(g.Word), share: fmt.Sprintf(groupShare, 100*g.Share)}
		if v.word == "" {
			v.word = fmt.Sprintf(groupNumber, i+1)
		}
		for _, id := range g.Pictures {
			v.images = append(v.images, s.image(s.documentOr(id), ""))
		}
		views = append(views, v)
	}
	return views, ""
}

// randomRow returns pictures by chance, with the way to others.
func (s *site) randomRow(seed uint64) rowView {
	v := rowView{title: randomTitle, more: link{randomMore, "/explore?seed=" + strconv.FormatUint((seed+1)%largestSeed, 10)}}
	if s.explorer == nil {
		return v
	}
	ids, err := s.explorer.Random(rowShown, seed)
	if err != nil {
		return v // a row less
	}
	v.pictures = s.pictures(ids)
	return v
}

// pictures returns the views of documents.
func (s *site) pictures(ids []search.ID) []similarView {
	var all []similarView
	for _, id := range ids {
		d := s.documentOr(id)
		if d.Path == "" {
			continue
		}
		v := similarView{href: "/picture/" + strconv.FormatUint(id, 10), image: s.image(d, visible(filepath.Base(d.Path)))}
		if captions, err := s.library.Captions(id); err == nil && len(captions) > 0 {
			v.image.alt = visible(captions[0].Text)
		}
		all = append(all, v)
	}
	return all
}
