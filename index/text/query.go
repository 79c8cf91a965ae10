package text

import (
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
)

// Query is what to look for. All strings are words or phrases of the user's language,
// not query syntax. A query without Words and Phrases matches nothing.
type Query struct {
	Words    []string // documents with more and rarer ones score higher; one suffices
	Phrases  []string // each must occur, its words next to each other
	Excluded []string // words or phrases that must not occur
	Prefix   bool     // the last of Words may be the beginning of a word
}

// clause is one word of a query: what scores together, once.
type clause struct {
	groups []group
	prefix *prefix // nil: none
}

// group is one way to match a clause: all of terms, in one field.
type group struct {
	field  string
	terms  []string // different ones
	weight float64
}

// prefix stands for the groups of all terms that begin with it.
type prefix struct {
	fields []string
	text   string
}

// weightBeginning is how much a beginning of a word counts against the word itself.
const weightBeginning = 0.5

// planner turns the words of a query into clauses for the fields that an index has.
type planner struct {
	*analyzers
	fields []string
	main   string // caption field of the index's main language
}

func (x *Index) planner(s state) planner {
	return planner{x.analyzers, s.fields(), s.mainLanguage()}
}

// clauses returns what scores: the words, and the words of the phrases as typed.
func (p planner) clauses(q Query) []clause {
	out := p.words(q)
	for _, s := range q.Phrases {
		for _, w := range p.terms(fieldTyped, s) {
			out = append(out, p.exact(w))
		}
	}
	return slices.DeleteFunc(out, clause.empty)
}

// words returns the clauses of the words, each once.
func (p planner) words(q Query) []clause {
	var out []clause
	last := len(q.Words) - 1
	seen := map[string]bool{}
	for i, w := range q.Words {
		beginning := q.Prefix && i == last
		if lower := strings.ToLower(w); beginning || !seen[lower] {
			seen[lower] = true
			out = append(out, p.word(w, beginning))
		}
	}
	out = slices.DeleteFunc(out, clause.empty)
	if len(out) > 0 {
		return out
	}
	for _, w := range q.Words { // nothing but "the", "who"
		out = append(out, p.exact(w))
	}
	return slices.DeleteFunc(out, clause.empty)
}

func (c clause) empty() bool { return len(c.groups) == 0 && c.prefix == nil }

// word returns the clause of a word in its various forms. It is empty if the word
// means nothing in the main language of the captions ("the"): such words are in most
// captions and say nothing about the picture.
func (p planner) word(w string, beginning bool) clause {
	var c clause
	if beginning {
		c.prefix = p.beginning(w)
	}
	if p.main != "" && len(p.terms(p.main, w)) == 0 {
		return c
	}
	for _, field := range p.fields {
		if field != fieldTyped {
			c.groups = p.appendGroup(c.groups, field, w)
		}
	}
	return c
}

// exact returns the clause of a word as typed.
func (p planner) exact(w string) clause {
	var c clause
	for _, field := range p.fields {
		if !strings.HasPrefix(field, captionPrefix) {
			c.groups = p.appendGroup(c.groups, field, w)
		}
	}
	return c
}

func (p planner) appendGroup(groups []group, field, w string) []group {
	if terms := p.terms(field, w); len(terms) > 0 {
		groups = append(groups, group{field, terms, weightOf(field)})
	}
	return groups
}

// beginning returns the prefix that a word is, nil if it has no letters.
func (p planner) beginning(w string) *prefix {
	terms := p.terms(fieldTyped, w)
	if len(terms) == 0 {
		return nil
	}
	pre := &prefix{text: terms[len(terms)-1]}
	for _, field := range p.fields {
		if !strings.HasPrefix(field, captionPrefix) {
			pre.fields = append(pre.fields, field)
		}
	}
	return pre
}

// terms returns the different terms of a text in a field, in order.
func (p planner) terms(field, s string) []string {
	var out []string
	for _, t := range p.tokens(field, s) {
		if term := string(t.Term); !slices.Contains(out, term) {
			out = append(out, term)
		}
	}
	return out
}

func (p planner) tokens(field, s string) analysis.TokenStream {
	return analyze(p.analyzer(field), s)
}

// phrase returns the terms of a phrase in a field by position, empty where the
// analyzer has dropped a word.
func (p planner) phrase(field, s string) [][]string {
	var out [][]string
	for _, t := range p.tokens(field, s) {
		for len(out) < t.Position {
			out = append(out, nil)
		}
		out[t.Position-1] = append(out[t.Position-1], string(t.Term))
	}
	for len(out) > 0 && out[0] == nil {
		out = out[1:]
	}
	for i, terms := range out {
		if terms == nil {
			out[i] = []string{""} // how bleve spells a gap
		}
	}
	return out
}
