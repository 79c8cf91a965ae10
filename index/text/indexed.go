package text

import (
	"github.com/blevesearch/bleve/v2/analysis"
	index "github.com/blevesearch/bleve_index_api"
)

// indexed is a field of a document, analysed. It implements index.Field with a fraction of
// the allocations of bleve's, and knows its length before the batch is built. Places in
// the text are left out: the text comes from the store.
type indexed struct {
	name    string
	options index.FieldIndexingOptions
	length  int // tokens
	base    int // position before the next text's first
	terms   index.TokenFrequencies

	freqs  []index.TokenFreq     // to be handed out
	places []index.TokenLocation // to be handed out
}

// arena is how many numbers are allocated at once: a document has some dozen terms.
const arena = 32

func newIndexed(field string) *indexed {
	return &indexed{name: field, options: fieldOptions(field), terms: make(index.TokenFrequencies, arena)}
}

// add analyses the next text of the field. Its positions begin one further, so that no
// phrase runs from one text into the next.
func (f *indexed) add(a analysis.Analyzer, text string) {
	if c, ok := a.(*wordCache); ok {
		f.addWords(c, normalize(text))
		return
	}
	last := 0
	for _, t := range analyze(a, text) {
		last = t.Position
		f.addToken(string(t.Term), t.Term, f.base+last)
	}
	f.endText(last)
}

// addWords is add without a stream of tokens. An analyzer that panics on strange input
// finds no more in this text.
func (f *indexed) addWords(c *wordCache, text []byte) {
	last := 0
	defer func() {
		_ = recover()
		f.endText(last)
	}()
	position := 0
	c.each(text, func(_ int, w word) {
		for i, t := range w.tokens {
			last = position + t.Position
			f.addToken(w.keys[i], t.Term, f.base+last)
		}
		position += w.positions
	})
}

// endText leaves room behind a text whose last token is at a position.
func (f *indexed) endText(last int) {
	if last > 0 {
		f.base += last + 1
	}
}

func (f *indexed) addToken(key string, term []byte, position int) {
	f.length++
	t := f.terms[key]
	if t == nil {
		if len(f.freqs) == 0 {
			f.freqs = make([]index.TokenFreq, arena)
		}
		t, f.freqs = &f.freqs[0], f.freqs[1:]
		t.Term = term
		f.terms[key] = t
	}
	t.SetFrequency(t.Frequency() + 1)
	if f.options != positions {
		return
	}
	if len(f.places) == 0 {
		f.places = make([]index.TokenLocation, arena)
	}
	place := &f.places[0]
	f.places = f.places[1:]
	place.Position = position
	t.Locations = append(t.Locations, place)
}

// Name implements index.Field, as all that follow.
func (f *indexed) Name() string { return f.name }

// Value is not stored.
func (f *indexed) Value() []byte { return nil }

// ArrayPositions are not kept.
func (f *indexed) ArrayPositions() []uint64 { return nil }

// EncodedFieldType is that of texts.
func (f *indexed) EncodedFieldType() byte { return 't' }

// Analyze has been done.
func (f *indexed) Analyze() {}

// Options say how the field is indexed.
func (f *indexed) Options() index.FieldIndexingOptions { return f.options }

// AnalyzedLength is the number of tokens.
func (f *indexed) AnalyzedLength() int { return f.length }

// AnalyzedTokenFrequencies are the terms.
func (f *indexed) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.terms }

// NumPlainTextBytes is for statistics that nobody reads.
func (f *indexed) NumPlainTextBytes() uint64 { return 0 }

// Size is for the same.
func (f *indexed) Size() int { return 0 }
