package text

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
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
// field. The average length of a field is over the documents that have it. Of captions in
// several languages the strongest one counts: a translation is no second mention.
//
// Bleve's own BM25 takes the square root of the frequency, rounds the average up, and
// computes the idf by field.
type scorer struct {
	ctx       context.Context
	reader    index.IndexReader
	state     state
	documents float64 // N
	k         int     // results wanted
	filter    *filter
	keep      func(store.ID) bool // nil: all
	acc       *accumulator
	hot       *hot
	narrow    *narrow // nil: any document may still get among the best
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

// grow makes room for n places.
func (a *accumulator) grow(n int) {
	if more := n - len(a.score); more > 0 {
		a.score = append(a.score, make([]float64, more)...)
		a.freq = append(a.freq, make([]float64, more)...)
		a.part = append(a.part, make([]float64, more)...)
		a.count = append(a.count, make([]uint16, more)...)
	}
}

// addWord counts a frequency of the word being done.
func (a *accumulator) addWord(at uint32, f float64, caption bool) {
	switch before := a.freq[at]; {
	case before == 0:
		a.word = append(a.word, at)
		a.freq[at] = f
	case caption:
		a.freq[at] = max(before, f)
	default:
		a.freq[at] = before + f
	}
}

// lookup is a clause with its postings.
type lookup struct {
	groups []posted // those that match something, captions first
	total  int      // postings
	least  int      // documents that have the word; there may be more
}

// posted is a group with the postings of each of its terms.
type posted struct {
	weight  float64
	caption bool
	terms   []postings
}

// lookUp finds a clause's postings.
func (s *scorer) lookUp(c clause) (lookup, error) {
	groups, err := expand(s.reader, c)
	if err != nil {
		return lookup{}, err
	}
	var l lookup
	for _, g := range groups {
		p := posted{weight: g.weight, caption: strings.HasPrefix(g.field, captionPrefix)}
		matching := math.MaxInt
		for _, term := range g.terms {
			found, err := s.hot.open(s.ctx, s.reader, g.field, term, s.state.Fields[g.field])
			if err != nil {
				return lookup{}, err
			}
			p.terms = append(p.terms, found)
			matching = min(matching, found.count)
			l.total += found.count
		}
		if matching == 0 {
			continue
		}
		l.groups = append(l.groups, p)
		if len(p.terms) == 1 {
			l.least = max(l.least, matching)
		}
	}
	slices.SortStableFunc(l.groups, func(a, b posted) int { return cmp.Compare(b.order(), a.order()) })
	return l, nil
}

// order is 1 for the groups that are to be read first; see addWord.
func (p posted) order() int {
	if p.caption {
		return 1
	}
	return 0
}

// count makes room for the index's documents and counts the searchable ones.
func (s *scorer) count() error {
	n, err := s.reader.DocCount()
	s.documents = float64(n)
	places := 0
	for _, seg := range s.reader.(*scorch.IndexSnapshot).Segments() {
		places += int(seg.FullSize())
	}
	s.acc.grow(places)
	return err
}

// run scores all words and returns the k best documents.
func (s *scorer) run(clauses []clause) ([]vec.Scored[float64], error) {
	words := make([]lookup, len(clauses))
	for i, c := range clauses {
		var err error
		if words[i], err = s.lookUp(c); err != nil {
			return nil, err
		}
	}
	// Rarest first: they say most.
	slices.SortStableFunc(words, func(a, b lookup) int { return cmp.Compare(a.least, b.least) })
	for i, l := range words {
		if err := s.narrowDown(words[i:]); err != nil {
			return nil, err
		}
		if err := s.add(l); err != nil {
			return nil, err
		}
	}
	return s.best()
}

// add scores one word.
func (s *scorer) add(l lookup) error {
	n, read := 0, postings.each
	if s.narrow != nil && l.simple() {
		var err error
		if n, err = l.documents(s.ctx); err != nil {
			return err
		}
		read = s.narrow.each
	}
	for _, g := range l.groups {
		if err := s.addGroup(g, read); err != nil {
			return err
		}
	}
	a := s.acc
	idf := s.idf(max(n, len(a.word)))
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

// idf is the weight of a word that n documents have. No document scores more for it.
func (s *scorer) idf(n int) float64 {
	return math.Log(1 + (s.documents-float64(n)+0.5)/(float64(n)+0.5))
}

// reader reads postings, or those of some places alone.
type reader func(p postings, ctx context.Context, fn func(at uint32, f float64)) error

// addGroup adds a group's frequencies to those of the word. Of several terms, all must
// occur, and their mean counts.
func (s *scorer) addGroup(g posted, read reader) error {
	a := s.acc
	if len(g.terms) == 1 {
		return read(g.terms[0], s.ctx, func(at uint32, f float64) { a.addWord(at, g.weight*f, g.caption) })
	}
	var places []uint32
	for i, term := range g.terms {
		err := read(term, s.ctx, func(at uint32, f float64) {
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
			a.addWord(at, g.weight*a.part[at]/float64(len(g.terms)), g.caption)
		}
		a.count[at], a.part[at] = 0, 0
	}
	return nil
}

// best returns the k best documents that pass, best first.
func (s *scorer) best() ([]vec.Scored[float64], error) { return s.top(s.id) }

// top is best with the documents named by id, which is called, as is keep, only where the
// score suffices.
func (s *scorer) top(id func(at uint32) (store.ID, error)) ([]vec.Scored[float64], error) {
	top := vec.NewTopK[float64](s.k)
	for _, at := range s.places() {
		score := s.acc.score[at]
		if least, full := top.Threshold(); full && score < least || !s.filter.passes(at) {
			continue
		}
		id, err := id(at)
		if err != nil {
			return nil, err
		}
		if top.Accepts(id, score) && (s.keep == nil || s.keep(id)) {
			top.Push(id, score)
		}
	}
	return top.Sorted(), nil
}

// places returns where the best documents may be.
func (s *scorer) places() []uint32 {
	if s.narrow != nil {
		return s.narrow.places
	}
	return s.acc.hits
}

// id looks up the document at a place.
func (s *scorer) id(at uint32) (store.ID, error) {
	name, err := s.reader.ExternalID(index.NewIndexInternalID(nil, uint64(at)))
	if err != nil {
		return 0, err
	}
	return parseKey(name)
}
