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
	id := strconv.FormatUint(hit.ID, 10)
	name := visible(filepath.Base(hit.Path))
	t := tile{
		id: id, rank: hit.Rank, href: r.address("/picture/" + id), image: s.image(d, name),
		name: name, ranks: ranks(hit), like: likeAddress(hit.ID), naming: moreLikeThis + ": " + name,
	}
	if r.asks() { // else nothing is scored
		t.score = fmt.Sprintf("%.3f", hit.Score)
	}
	if best := bestCaption(hit); best != "" {
		t.image.alt = best
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

// ranks returns a hit's places in the legs that found it.
func ranks(hit search.Hit) []rankView {
	var all []rankView
	if n := hit.Ranks.Text; n > 0 {
		all = append(all, rankView{"words", fmt.Sprintf(rankText, n), fmt.Sprintf(rankTextMeans, n)})
	}
	if n := hit.Ranks.Vector; n > 0 {
		means := fmt.Sprintf(rankVectorMeans, n)
		if hit.Similarity != nil {
			means += ", " + fmt.Sprintf(whySimilarity, *hit.Similarity)
		}
		all = append(all, rankView{"look", fmt.Sprintf(rankVector, n), means})
	}
	return all
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
	return asking(search.Query{Terms: []search.Term{{Kind: search.TermLike, ID: id}}}).address("/")
}
