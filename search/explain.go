package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"clipsearch/internal/vec"
)

// Pull is how much a word of the query draws the query's vector towards a picture.
type Pull struct {
	Word string  `json:"word"`
	Pull float64 `json:"pull"` // the picture's similarity, less what it is without the word
}

// Mark is a stretch of a caption that matched.
type Mark struct {
	Caption int `json:"caption"` // index in Hit.Captions
	Start   int `json:"start"`   // bytes of its UTF-8
	End     int `json:"end"`
}

// maxPullWords bounds what explaining costs: each word is a run of the text tower for each prompt.
const maxPullWords = 12

// omission is the query's vector without one of its words.
type omission struct {
	word   string
	vector []float32
}

// omissions leaves out each word of the added text terms in turn. A term of one word has nothing that is left.
func (e *Engine) omissions(ctx context.Context, p plan) ([]omission, error) {
	var words []omission
	var lines [][]Term // the terms without one word
	var all []Term
	for i, term := range p.terms {
		fields := strings.Fields(term.Text)
		if term.Kind != TermText || term.Weight < 0 || len(fields) < 2 {
			continue
		}
		for j, word := range fields {
			if len(words) == maxPullWords {
				break
			}
			rest := slices.Clone(p.terms)
			rest[i].Text = strings.Join(slices.Delete(slices.Clone(fields), j, j+1), " ")
			words, lines, all = append(words, omission{word: word}), append(lines, rest), append(all, rest...)
		}
	}
	if _, err := e.textVectors(ctx, all, p.prompts); err != nil { // one run of the tower; what follows is cached
		return nil, err
	}
	for i, terms := range lines {
		var err error
		if words[i].vector, err = e.queryVector(ctx, terms, p.prompts); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// pulls returns the words by how much they draw the query to a picture, the strongest first.
func pulls(words []omission, query, picture []float32) []Pull {
	var all []Pull
	for _, w := range words {
		all = append(all, Pull{w.word, float64(vec.Dot(query, picture) - vec.Dot(w.vector, picture))})
	}
	slices.SortStableFunc(all, func(a, b Pull) int { return cmp.Compare(b.Pull, a.Pull) })
	return all
}

// marks returns where in captions the matched words are, in order.
func marks(captions, terms []string) []Mark {
	var all []Mark
	for n, caption := range captions {
		for start := 0; start < len(caption); {
			end := start + wordLength(caption[start:])
			if end > start && slices.Contains(terms, strings.ToLower(caption[start:end])) {
				all = append(all, Mark{n, start, end})
			}
			if end == start { // between words
				_, size := utf8.DecodeRuneInString(caption[start:])
				end += size
			}
			start = end
		}
	}
	return all
}

// wordLength returns how many bytes at the start of s are one word.
func wordLength(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	if end < 0 {
		return len(s)
	}
	return end
}
