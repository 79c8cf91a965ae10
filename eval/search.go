package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clipsearch/search"
)

const (
	searchDepth = 20 // hits asked for: mrr@20 needs no more
	maxFolds    = 5  // captions of a picture that are queries: each fold builds a library

	none = -1 // instead of a place
)

// Library is a library of pictures, made for one measurement.
type Library interface {
	Search(ctx context.Context, q search.Query) (*search.Result, error)
	// Nearest returns what the vector index finds: the k most similar to a unit vector, best first.
	Nearest(ctx context.Context, query []float32, k int) ([]search.ID, error)
	Close() error
}

// Opener makes a library of pictures, in which the ID of each is its place and 1; its engine encodes texts by texts, which
// is nil where the pictures have no vectors.
type Opener func(ctx context.Context, pictures []Picture, texts Encoder) (Library, error)

// SearchThrough measures the search that users run. A caption is the query for the pictures that carry its text, in a
// library that has all other captions: each of the first five different captions of a picture in turn, where it has two.
// Names and folders are indexed as always. encoder is nil for a set without vectors; then only words are searched.
// ErrNoCaptions, ErrOneCaption; the errors of encoder, open and the library; ctx's.
func (r *Report) SearchThrough(ctx context.Context, encoder Encoder, open Opener) error {
	places := r.Set.captioned()
	if len(places) == 0 {
		return ErrNoCaptions
	}
	s := &searchTask{set: r.Set, open: open, samples: make(map[search.Mode]*Sample)}
	s.corpus, s.vectors = r.Set.corpus(places)
	s.places = places
	if err := s.encode(ctx, encoder); err != nil {
		return err
	}
	for fold := range maxFolds {
		if err := s.fold(ctx, fold); err != nil {
			return err
		}
	}
	if len(s.sample(search.ModeText).Rank) == 0 {
		return ErrOneCaption
	}
	for _, mode := range s.modes() {
		r.add(Search, string(mode), *s.sample(mode))
	}
	if s.encoder != nil {
		group, n := groups(s.sample(search.ModeVector).Picture)
		found := estimate([]statistic{newMean(s.ann, group, n)}, n, r.Seed)
		r.Results = append(r.Results, Result{Task: Search, Way: ANN, Figures: Figures{annRecall: found[0]}})
	}
	return nil
}

// searchTask is one run of SearchThrough.
type searchTask struct {
	set     Set
	places  []int // in set, of the corpus's pictures
	corpus  *corpus
	vectors [][]float32 // [P, D]
	encoder Encoder     // nil: no vectors
	queries [][]float32 // [U, D]: the texts' vectors, as they are
	open    Opener

	samples map[search.Mode]*Sample
	ann     []float64 // ANN recall of each query of the vector leg
}

// encode encodes all queries ahead, which is faster than one by one: as they are, and in the engine's prompts.
func (s *searchTask) encode(ctx context.Context, encoder Encoder) (err error) {
	if encoder == nil {
		return nil
	}
	memory := Remember(encoder)
	s.encoder = memory
	if s.queries, err = memory.EncodeTexts(ctx, s.corpus.texts); err != nil {
		return err
	}
	var prompted []string
	for _, prompt := range search.DefaultPrompts() {
		for _, text := range s.corpus.texts {
			prompted = append(prompted, strings.ReplaceAll(prompt, "{q}", text))
		}
	}
	_, err = memory.EncodeTexts(ctx, prompted)
	return err
}

func (s *searchTask) modes() []search.Mode {
	if s.encoder == nil {
		return []search.Mode{search.ModeText}
	}
	return []search.Mode{search.ModeText, search.ModeVector, search.ModeHybrid}
}

func (s *searchTask) sample(mode search.Mode) *Sample {
	if s.samples[mode] == nil {
		s.samples[mode] = new(Sample)
	}
	return s.samples[mode]
}

// fold asks for each picture by one of its captions, in a library without those.
func (s *searchTask) fold(ctx context.Context, fold int) (err error) {
	queries := make([]int, len(s.places)) // [P]: places in the corpus's texts; none where the picture has no such caption
	pictures := make([]Picture, len(s.places))
	asked := 0
	for i, place := range s.places {
		pictures[i], queries[i] = s.set.Pictures[place], none
		if own := s.corpus.of[i]; len(own) >= 2 && fold < len(own) {
			queries[i] = own[fold]
			asked++
			pictures[i].Captions = without(pictures[i].Captions, s.corpus.texts[own[fold]])
		}
	}
	if asked == 0 {
		return nil
	}
	library, err := s.open(ctx, pictures, s.encoder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, library.Close()) }()
	for _, mode := range s.modes() {
		if err := s.askAll(ctx, library, mode, queries); err != nil {
			return err
		}
	}
	if s.encoder == nil {
		return nil
	}
	return s.measureANN(ctx, library, queries)
}

// askAll adds the ranks that the engine gives the pictures of the queries.
func (s *searchTask) askAll(ctx context.Context, library Library, mode search.Mode, queries []int) error {
	ranks := make([]int, len(queries))
	err := spread(ctx, len(queries), func(first, end int) error {
		for i := first; i < end; i++ {
			if queries[i] == none {
				continue
			}
			text := s.corpus.texts[queries[i]]
			// As a term the caption is taken as it is: a dash or a quotation mark in it is no operator.
			q := search.Query{Terms: []search.Term{{Kind: search.TermText, Text: text}}, Mode: mode, K: searchDepth, All: true, Bare: true}
			result, err := library.Search(ctx, q)
			if err != nil {
				return fmt.Errorf("search for %q: %w", text, err)
			}
			ranks[i] = rankOf(s.corpus.pictures[queries[i]], result.Hits)
		}
		return nil
	})
	for i, query := range queries {
		if query != none {
			s.sample(mode).add(s.places[i], ranks[i])
		}
	}
	return err
}

// rankOf returns the rank of the first hit that is right, 0 if none is. right holds places of pictures, ascending.
func rankOf(right []int, hits []search.Hit) int {
	for _, hit := range hits {
		if _, ok := slices.BinarySearch(right, int(hit.ID)-1); ok {
			return hit.Rank
		}
	}
	return 0
}

// without returns captions without those that are text.
func without(captions []string, text string) []string {
	return slices.DeleteFunc(slices.Clone(captions), func(c string) bool { return c == text })
}
