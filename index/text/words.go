package text

import (
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
)

// Limits of wordCache: some ten megabytes when full.
const (
	maxCachedWords = 1 << 15
	maxCachedBytes = 32 // of one word
)

// wordCache is an analyzer that remembers what another one makes of the strings
// between spaces. Captions repeat a few thousand words, and looking one up takes
// a twentieth of the time of finding its borders and stem. Safe for concurrent use.
type wordCache struct {
	inner analysis.Analyzer // based on bleve's unicode tokenizer

	mu    sync.RWMutex
	words map[string]word
}

// word is what became of one string between spaces.
type word struct {
	tokens    analysis.TokenStream // places relative to the string; not to be changed
	keys      []string             // the tokens' terms
	positions int                  // that it takes up, words that were dropped included
}

func newWordCache(inner analysis.Analyzer) *wordCache {
	return &wordCache{inner: inner, words: map[string]word{}}
}

// Analyze implements analysis.Analyzer.
func (c *wordCache) Analyze(input []byte) analysis.TokenStream {
	buffer := make([]analysis.Token, 0, len(input)/5+1) // a guess
	out := make(analysis.TokenStream, 0, cap(buffer))
	position := 0
	c.each(input, func(start int, w word) {
		for _, t := range w.tokens {
			if len(buffer) == cap(buffer) {
				buffer = make([]analysis.Token, 0, cap(buffer)) // out points into the old one
			}
			buffer = append(buffer, *t)
			moved := &buffer[len(buffer)-1]
			moved.Start, moved.End, moved.Position = t.Start+start, t.End+start, t.Position+position
			out = append(out, moved)
		}
		position += w.positions
	})
	return out
}

// each calls fn with the place and the tokens of each string between spaces.
func (c *wordCache) each(input []byte, fn func(start int, w word)) {
	for start := 0; start < len(input); {
		if isSpace(input[start]) {
			start++
			continue
		}
		end := start
		for end < len(input) && !isSpace(input[end]) {
			end++
		}
		fn(start, c.lookUp(input[start:end]))
		start = end
	}
}

// isSpace reports whether b is an ASCII space or control character: no word of
// any language runs across one.
func isSpace(b byte) bool { return b <= ' ' }

func (c *wordCache) lookUp(s []byte) word {
	c.mu.RLock()
	w, found := c.words[string(s)]
	c.mu.RUnlock()
	if found {
		return w
	}
	own := append([]byte(nil), s...) // tokens may alias it
	w = word{tokens: c.inner.Analyze(own), positions: len(unicode.NewUnicodeTokenizer().Tokenize(own))}
	for _, t := range w.tokens {
		w.keys = append(w.keys, string(t.Term))
	}
	if len(s) <= maxCachedBytes {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.words) >= maxCachedWords {
			clear(c.words)
		}
		c.words[string(own)] = w
	}
	return w
}
