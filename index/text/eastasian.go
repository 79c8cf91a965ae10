package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	segmenter "github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
)

// newEastAsian returns the analyzer for Chinese, Japanese and Korean: each sign and each
// two neighbours are terms, so that words of one sign are found, which are many, and longer
// ones where their signs stand together.
func newEastAsian() analysis.Analyzer {
	return newWordCache(&folded{chain(segmenter.NewUnicodeTokenizer(), cjk.NewCJKWidthFilter(),
		lowercase.NewLowerCaseFilter(), hangulFilter{}, cjk.NewCJKBigramFilter(true))})
}

// hangulFilter takes Korean words apart into two neighbouring syllables each, since
// particles follow without a space: "나비가" holds "나비". Words of one syllable stay.
type hangulFilter struct{}

func (hangulFilter) Filter(in analysis.TokenStream) analysis.TokenStream {
	var out analysis.TokenStream
	for _, t := range in {
		first, size := utf8.DecodeRune(t.Term)
		if !unicode.Is(unicode.Hangul, first) || size == len(t.Term) || t.End-t.Start != len(t.Term) {
			out = append(out, t)
			continue
		}
		for start, before := 0, 0; start < len(t.Term); start += size {
			_, size = utf8.DecodeRune(t.Term[start:])
			if start > 0 {
				end := start + size
				out = append(out, &analysis.Token{
					Term: t.Term[before:end], Start: t.Start + before, End: t.Start + end, Position: t.Position, Type: t.Type,
				})
			}
			before = start
		}
	}
	return out
}
