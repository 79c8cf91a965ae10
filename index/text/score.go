package text

import (
	"context"
	"math"

	index "github.com/blevesearch/bleve_index_api"
)

// Parameters of BM25, as usual: Robertson and Zaragoza, The Probabilistic Relevance
// Framework: BM25 and Beyond, 2009, section 3.5.
const (
	saturation = 1.2  // k1
	lengthness = 0.75 // b
)

// scorer computes BM25F (ibid., section 3.6): the frequencies of a word in several
// fields, each by its weight and its relative length, are added up before they
// saturate. A word scores
//
//	idf · f/(f + k1),  f = Σ weight · frequency / (1 - b + b · length/average)
//
// where idf = ln(1 + (N - n + 0.5)/(n + 0.5)), N documents, n of them with the word in any
// field. The average length of a field is over the documents that have it.
//
// Bleve's own BM25 takes the square root of the frequency, rounds the average up, and
// computes the idf by field.
type scorer struct {
	ctx       context.Context
	reader    index.IndexReader
	state     state
	documents float64 // N
	acc       *accumulator
	used      terms // what the query came to
}

// accumulator holds the numbers of documents by their place in the index.
type accumulator struct {
	score []float64 // sum over the words done; 0: no match
	hits  []uint32  // places with a score, in order of their first word
	freq  []float64 // f of the word being done; zero between words
	word  []uint32  // places with f
	part  []float64 // f of the group being done; zero between groups
	count []uint16  // terms of the group seen; zero between groups
}

// reset prepares an accumulator for the next query.
func (a *accumulator) reset() {
	for _, at := range a.hits {
		a.score[at] = 0
	}
	a.hits = a.hits[:0]
}

// grow makes room for a place.
func (a *accumulator) grow(at uint32) {
	for int(at) >= len(a.score) {
		n := max(1024, 2*len(a.score))
		a.score = append(a.score, make([]float64, n-len(a.score))...)
		a.freq = append(a.freq, make([]float64, n-len(a.freq))...)
		a.part = append(a.part, make([]float64, n-len(a.part))...)
		a.count = append(a.count, make([]uint16, n-len(a.count))...)
	}
}

// add scores one word.
func (s *scorer) add(c clause) error {
	groups, err := s.expand(c)
	if err != nil {
		return err
	}
	for _, g := range groups {
		s.used.add(g)
		if err := s.addGroup(g); err != nil {
			return err
		}
	}
	a := s.acc
	n := float64(len(a.word))
	idf := math.Log(1 + (s.documents-n+0.5)/(n+0.5))
	for _, at := range a.word {
		f := a.freq[at]
		a.freq[at] = 0
		if a.score[at] == 0 {
			a.hits = append(a.hits, at)
		}
		a.score[at] += idf * f / (f + saturation)
	}
	a.word = a.word[:0]
	return nil
}

// addGroup adds a group's frequencies to those of the word. Of several terms, all must
// occur, and their mean counts.
func (s *scorer) addGroup(g group) error {
	a := s.acc
	if len(g.terms) == 1 {
		return s.postings(g.field, g.terms[0], func(at uint32, f float64) { a.addWord(at, g.weight*f) })
	}
	var places []uint32
	for i, term := range g.terms {
		err := s.postings(g.field, term, func(at uint32, f float64) {
			if i == 0 {
				places = append(places, at)
			}
			if int(a.count[at]) == i {
				a.count[at]++
				a.part[at] += f
			}
		})
		if err != nil {
			return err
		}
	}
	for _, at := range places {
		if int(a.count[at]) == len(g.terms) {
			a.addWord(at, g.weight*a.part[at]/float64(len(g.terms)))
		}
		a.count[at], a.part[at] = 0, 0
	}
	return nil
}

func (a *accumulator) addWord(at uint32, f float64) {
	if a.freq[at] == 0 {
		a.word = append(a.word, at)
	}
	a.freq[at] += f
}

// contextEvery is how many postings are read between looks at the context.
const contextEvery = 1 << 14

// postings calls fn with the place and the length-normalised frequency of each
// document that has the term.
func (s *scorer) postings(field, term string, fn func(at uint32, f float64)) (err error) {
	stats := s.state.Fields[field]
	if stats.Documents == 0 {
		return nil
	}
	// 1 - b + b · length/average, with length = 1/norm².
	slope := lengthness * float64(stats.Documents) / float64(stats.Tokens)
	r, err := s.reader.TermFieldReader(s.ctx, []byte(term), field, true, true, false)
	if err != nil {
		return err
	}
	defer r.Close()
	var doc index.TermFieldDoc
	for n := 1; ; n++ {
		d, err := r.Next(doc.Reset())
		if d == nil || err != nil {
			return err
		}
		at := uint32(d.ID.Value())
		s.acc.grow(at)
		length := math.Round(1 / (d.Norm * d.Norm)) // scorch keeps it, but hands out the norm
		fn(at, float64(d.Freq)/(1-lengthness+slope*length))
		if n%contextEvery == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
	}
}
