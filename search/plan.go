package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clipsearch/index/store"
	"clipsearch/index/text"
)

// plan is a query made ready for the legs.
type plan struct {
	words    text.Query            // no words or phrases in it: the words leg stays out
	excluded []string              // words and phrases that no hit may have
	terms    []Term                // none: the vector leg stays out
	prompts  []string              // that text terms are encoded with
	keep     map[store.ID]struct{} // nil: all
	without  []store.ID
	notes    []string
}

// plan takes a checked query apart for the legs and works out which documents pass its filter.
func (e *Engine) plan(ctx context.Context, q Query) (plan, error) {
	line := Parse(q.Text)
	p := plan{excluded: line.Excluded, terms: line.Terms, prompts: q.Prompts, without: q.Filter.Without}
	if line.Cut {
		p.notes = append(p.notes, fmt.Sprintf("only the first %d characters were read", maxLineRunes))
	}
	if err := p.addTerms(q.Terms); err != nil {
		return p, err
	}
	p.words.Words = append(p.words.Words, line.Words...)
	p.words.Phrases = line.Phrases
	p.words.Excluded = append(p.words.Excluded, line.Excluded...)
	for _, term := range line.Terms {
		if term.Weight < 0 {
			p.words.Excluded = append(p.words.Excluded, term.Text)
		}
	}
	p.words.Prefix = q.Prefix && line.Open
	p.limit()
	if err := p.choose(q); err != nil {
		return p, err
	}
	var err error
	p.keep, err = e.sieve.passing(ctx, q.Filter)
	return p, err
}

// addTerms adds the query's own terms. The text of one is no line: it has no operators.
func (p *plan) addTerms(terms []Term) error {
	for _, term := range terms {
		switch term.Kind {
		case TermLike:
		case TermImage:
			if len(term.Image) == 0 {
				return fmt.Errorf("%w: it is empty", ErrBadPicture)
			}
		case TermText:
			words, _ := clean(term.Text)
			if !searchable(words) {
				continue
			}
			fields := strings.Fields(words)
			term.Text = strings.Join(fields, " ")
			if term.Weight > 0 {
				p.words.Words = append(p.words.Words, fields...)
			} else {
				p.words.Excluded = append(p.words.Excluded, term.Text)
			}
		default:
			return badQuery("there is no kind of term %q", term.Kind)
		}
		p.terms = append(p.terms, term)
	}
	return nil
}

// limit cuts what is beyond what the legs can make use of.
func (p *plan) limit() {
	if len(p.words.Words) > maxTermWords {
		p.words.Words, p.words.Prefix = p.words.Words[:maxTermWords], false
		p.notes = append(p.notes, fmt.Sprintf("only the first %d words were looked up in captions", maxTermWords))
	}
	for _, list := range []*[]string{&p.words.Phrases, &p.words.Excluded, &p.excluded} {
		*list = (*list)[:min(len(*list), maxTermWords)]
	}
	p.terms = p.terms[:min(len(p.terms), maxTerms)]
}

// choose drops the leg that the mode or a weight of zero leaves out, and fails if none is left.
func (p *plan) choose(q Query) error {
	asked := len(p.words.Words)+len(p.words.Phrases)+len(p.terms) > 0
	if q.Mode == ModeVector || q.TextWeight == 0 {
		p.words = text.Query{}
	}
	if q.Mode == ModeText || q.VectorWeight == 0 {
		p.terms = nil
	}
	switch {
	case len(p.words.Words)+len(p.words.Phrases)+len(p.terms) > 0:
		return nil
	case asked && q.Mode == ModeText:
		return fmt.Errorf("%w: mode text looks for words, and the query has none", ErrEmptyQuery)
	case asked:
		return fmt.Errorf("%w: the weight of what the query has is 0", ErrEmptyQuery)
	case len(p.excluded) > 0:
		return fmt.Errorf("%w: there are only words to leave out", ErrEmptyQuery)
	}
	return fmt.Errorf("%w: type some words, or choose a picture", ErrEmptyQuery)
}

// filter returns allows, or nil if every document passes.
func (p plan) filter() func(store.ID) bool {
	if p.keep == nil && len(p.without) == 0 {
		return nil
	}
	return p.allows
}

// allows reports whether a document passes the filter.
func (p plan) allows(id store.ID) bool {
	_, ok := p.keep[id]
	return (ok || p.keep == nil) && !slices.Contains(p.without, id)
}
