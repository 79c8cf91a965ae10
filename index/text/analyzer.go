package text

import (
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/char/asciifolding"
	"github.com/blevesearch/bleve/v2/analysis/lang/ar"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/lang/ckb"
	"github.com/blevesearch/bleve/v2/analysis/lang/da"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fa"
	"github.com/blevesearch/bleve/v2/analysis/lang/fi"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hi"
	"github.com/blevesearch/bleve/v2/analysis/lang/hr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hu"
	"github.com/blevesearch/bleve/v2/analysis/lang/it"
	"github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ro"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/analysis/lang/sv"
	"github.com/blevesearch/bleve/v2/analysis/lang/tr"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/token/porter"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/registry"
	"golang.org/x/text/unicode/norm"
)

// languages maps the tags of captions to bleve's analyzers. Polish is left out: its
// stemmer adds 3 MB of tables and a module.
var languages = map[string]string{
	"": en.AnalyzerName, "en": en.AnalyzerName,
	"ar": ar.AnalyzerName, "ckb": ckb.AnalyzerName, "da": da.AnalyzerName, "de": de.AnalyzerName,
	"es": es.AnalyzerName, "fa": fa.AnalyzerName, "fi": fi.AnalyzerName, "fr": fr.AnalyzerName,
	"hi": hi.AnalyzerName, "hr": hr.AnalyzerName, "hu": hu.AnalyzerName, "it": it.AnalyzerName,
	"nb": no.AnalyzerName, "nl": nl.AnalyzerName, "nn": no.AnalyzerName, "no": no.AnalyzerName,
	"pt": pt.AnalyzerName, "ro": ro.AnalyzerName, "ru": ru.AnalyzerName,
	"sv": sv.AnalyzerName, "tr": tr.AnalyzerName,
	"ja": cjk.AnalyzerName, "ko": cjk.AnalyzerName, "zh": cjk.AnalyzerName,
}

// otherLanguage stands for all languages without an analyzer of their own.
const otherLanguage = "other"

// analyzerOf returns the name of the analyzer for captions tagged lang: "pt_BR"
// and "pt-br" are "pt".
func analyzerOf(lang string) string {
	lang = strings.ToLower(lang)
	if i := strings.IndexAny(lang, "-_"); i >= 0 {
		lang = lang[:i]
	}
	if name, ok := languages[lang]; ok {
		return name
	}
	return otherLanguage
}

// analyzers turn the text of each field into terms. They are safe for concurrent use.
type analyzers struct {
	captions map[string]analysis.Analyzer // by name
	plain    analysis.Analyzer            // words as typed: lower case, without accents
	names    analysis.Analyzer            // of files, folders and tags
}

func newAnalyzers() (*analyzers, error) {
	a := &analyzers{
		captions: map[string]analysis.Analyzer{},
		plain:    newWordCache(chain(unicode.NewUnicodeTokenizer(), lowercase.NewLowerCaseFilter(), foldFilter{})),
		names:    chain(nameTokenizer{}, lowercase.NewLowerCaseFilter(), foldFilter{}, porter.NewPorterStemmer()),
	}
	cache := registry.NewCache()
	for _, name := range languages {
		inner, err := cache.AnalyzerNamed(name)
		if err != nil {
			return nil, fmt.Errorf("analyzer for language %s: %w", name, err)
		}
		// Stemmers know their language's accents, so fold after them.
		a.captions[name] = newWordCache(&folded{inner})
	}
	stop, err := cache.TokenFilterNamed(en.StopName)
	if err != nil {
		return nil, fmt.Errorf("stop words of English: %w", err)
	}
	// English: fold before the stemmer, which knows no accents: "cafés" is "cafe".
	a.captions[en.AnalyzerName] = newWordCache(chain(unicode.NewUnicodeTokenizer(),
		en.NewPossessiveFilter(), lowercase.NewLowerCaseFilter(), stop, foldFilter{}, porter.NewPorterStemmer()))
	a.captions[cjk.AnalyzerName] = newEastAsian()
	a.captions[otherLanguage] = a.plain
	return a, nil
}

func chain(tokenizer analysis.Tokenizer, filters ...analysis.TokenFilter) analysis.Analyzer {
	return &analysis.DefaultAnalyzer{Tokenizer: tokenizer, TokenFilters: filters}
}

// folded is an analyzer whose terms lose their accents.
type folded struct{ inner analysis.Analyzer }

func (f *folded) Analyze(input []byte) analysis.TokenStream {
	return foldFilter{}.Filter(f.inner.Analyze(input))
}

// foldFilter replaces accented letters in terms by ASCII ones.
type foldFilter struct{}

func (foldFilter) Filter(tokens analysis.TokenStream) analysis.TokenStream {
	var fold asciifolding.AsciiFoldingFilter
	for _, t := range tokens {
		if !isASCII(t.Term) {
			t.Term = fold.Filter(t.Term)
		}
	}
	return tokens
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// normalize composes letters and their accents, since file names of macOS and some
// captions come decomposed, replaces bytes that are not UTF-8, at which bleve's
// tokenizer would stop, and drops what is written but not seen.
func normalize(s string) []byte {
	if isASCII([]byte(s)) {
		return []byte(s)
	}
	return norm.NFC.Bytes([]byte(strings.Map(visible, strings.ToValidUTF8(s, " "))))
}

// visible drops the marks for directions and possible line breaks, which would hide a word.
// Joiners stay: they are part of words in Persian and Hindi.
func visible(r rune) rune {
	switch {
	case r == 0xad, r == 0x61c, r == 0x2060, r == 0xfeff,
		0x200e <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return -1
	case r == 0x200b: // a space of no width
		return ' '
	}
	return r
}

// analyze returns the tokens of s. An analyzer that panics on strange input finds nothing.
func analyze(a analysis.Analyzer, s string) (tokens analysis.TokenStream) {
	defer func() {
		if recover() != nil {
			tokens = nil
		}
	}()
	return a.Analyze(normalize(s))
}
