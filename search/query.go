package search

import (
	"fmt"
	"math"
	"slices"

	"clipsearch/index/store"
)

// Mode says which legs answer.
type Mode string

// The modes.
const (
	ModeHybrid Mode = "hybrid" // words and vector, fused; the zero value means this
	ModeText   Mode = "text"   // captions, names and tags alone; the encoder is never called
	ModeVector Mode = "vector" // what the picture shows alone
)

// Fusion says how the rankings of the legs become one.
type Fusion string

// The fusions.
const (
	FusionLinear Fusion = "linear" // weighted sum of each leg's scores, stretched to [0, 1]; the zero value means this
	FusionRRF    Fusion = "rrf"    // reciprocal rank fusion: weighted sum of 1/(60 + rank)
)

// TermKind says what a term is made of.
type TermKind string

// The kinds of terms.
const (
	TermText  TermKind = "text"
	TermImage TermKind = "image"
	TermLike  TermKind = "like"
)

// Term is one weighted part of the query's vector. A text term with a positive weight is searched as words too.
type Term struct {
	Kind   TermKind
	Text   string   // TermText: taken as it is, without grammar
	Image  []byte   // TermImage: the whole file
	ID     store.ID // TermLike: the document whose stored vector is meant
	Weight float64  // negative is subtracted; 0 is 1
}

// Limits of a query.
const (
	DefaultK   = 20     // hits, by the CLI contract
	MaxResults = 10_000 // Offset + K: as far as a person scrolls

	maxTerms     = 64    // each costs a run of a tower
	maxTermWords = 100   // of the words leg: the model reads 77 tokens, BM25 hardly changes after that
	maxLabels    = 1_000 // each costs a run of the text tower for each prompt
	maxWeight    = 1_000 // of a term or leg
)

// Query is one question. Text or Terms must hold something.
type Query struct {
	Text  string // a line in the package's grammar
	Terms []Term // added to those of Text

	Mode   Mode
	K      int // hits wanted: 1 to MaxResults
	Offset int // hits left out before them
	Filter Filter
	Sort   Sort
	Seed   uint64 // of SortRandom
	Dedupe bool   // show one picture of each group of near-duplicates
	All    bool   // no relevance cut
	Prefix bool   // the last word of Text may be unfinished

	Prompts []string // that texts are encoded with, "{q}" standing for the words; nil: DefaultPrompts

	Fusion       Fusion
	TextWeight   float64 // of the words leg; both weights 0 means the model's own, a single 0 leaves that leg out
	VectorWeight float64

	Labels  []string // to be ranked for each hit; see Hit.Labels
	Explain bool     // fill Hit.Explain, Marks and Pulls
	Bare    bool     // of hits only Rank, ID, Score and Ranks: nothing is read of the documents; Sort and Dedupe don't go with it
}

// withDefaults returns q with its zero values spelled out for a library of that model, or what is wrong with it.
func (q Query) withDefaults(modelID string) (Query, error) {
	if q.Mode == "" {
		q.Mode = ModeHybrid
	}
	if q.Sort == "" {
		q.Sort = SortRelevance
	}
	if len(q.Prompts) == 0 {
		q.Prompts = DefaultPrompts()
	}
	q = q.blended(modelID)
	q.Terms = slices.Clone(q.Terms)
	for i := range q.Terms {
		if q.Terms[i].Weight == 0 {
			q.Terms[i].Weight = 1
		}
	}
	if err := q.check(); err != nil {
		return q, err
	}
	filter, err := q.Filter.checked()
	q.Filter = filter
	return q, err
}

// check returns the first value that is out of range, as an ErrBadQuery.
func (q Query) check() error {
	switch {
	case !slices.Contains([]Mode{ModeHybrid, ModeText, ModeVector}, q.Mode):
		return badQuery("there is no mode %q; it is hybrid, text or vector", q.Mode)
	case !slices.Contains([]Fusion{FusionRRF, FusionLinear}, q.Fusion):
		return badQuery("there is no fusion %q; it is rrf or linear", q.Fusion)
	case !slices.Contains(Sorts(), q.Sort):
		return badQuery("there is no order %q; it is relevance, date, name, folder or random", q.Sort)
	case q.K < 1:
		return badQuery("the number of hits is %d; it is at least 1", q.K)
	case q.K > MaxResults:
		return badQuery("the number of hits is %d; it is at most %d", q.K, MaxResults)
	case q.Offset < 0 || q.Offset > MaxResults-q.K:
		return badQuery("hits %d to %d cannot be shown; the first %d can", q.Offset+1, q.Offset+q.K, MaxResults)
	case len(q.Labels) > maxLabels:
		return badQuery("%d labels are too many; it is at most %d", len(q.Labels), maxLabels)
	case len(q.Terms) > maxTerms:
		return badQuery("%d terms are too many; it is at most %d", len(q.Terms), maxTerms)
	case !weightOK(q.TextWeight) || !weightOK(q.VectorWeight):
		return badQuery("the legs' weights are %v and %v; each is from 0 to %d", q.TextWeight, q.VectorWeight, maxWeight)
	}
	for _, term := range q.Terms {
		if !weightOK(math.Abs(term.Weight)) {
			return badQuery("a term's weight is %v; it is from -%d to %d", term.Weight, maxWeight, maxWeight)
		}
	}
	return checkPrompts(q.Prompts)
}

func weightOK(w float64) bool { return w >= 0 && w <= maxWeight } // false for NaN

// badQuery returns an ErrBadQuery with its detail.
func badQuery(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadQuery, fmt.Sprintf(format, args...))
}
