package ui

import (
	"fmt"
	"path/filepath"
	"strconv"

	"clipsearch/search"
)

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
