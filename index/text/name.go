package text

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"

	"clipsearch/index/store"
)

// nameText returns the searchable part of a document's path: folders below its
// root and the file's name without extension. Without a root it is the file's
// name and its folder's.
func nameText(d *store.Document) string {
	path := strings.TrimSuffix(d.Path, filepath.Ext(d.Path))
	if rel, ok := strings.CutPrefix(path, strings.TrimSuffix(d.Root, "/")+"/"); ok && d.Root != "" {
		return rel
	}
	return filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))
}

// nameTokenizer splits names such as "snowDog_2024-HTMLPage" into snow, Dog, 2024,
// HTML, Page: at changes of case, between letters and digits, at all else.
type nameTokenizer struct{}

// class is what a rune is to nameTokenizer.
type class uint8

const (
	separator class = iota
	lower           // and letters without case
	upper
	digit
	mark // belongs to the letter before
)

func classOf(r rune) class {
	switch {
	case r == utf8.RuneError:
		return separator
	case unicode.IsUpper(r) || unicode.IsTitle(r):
		return upper
	case unicode.IsLetter(r):
		return lower
	case unicode.IsDigit(r):
		return digit
	case unicode.IsMark(r):
		return mark
	}
	return separator
}

// Tokenize implements analysis.Tokenizer.
func (nameTokenizer) Tokenize(input []byte) analysis.TokenStream {
	var tokens analysis.TokenStream
	start, before, last := -1, separator, 0 // of the token; class and place of the rune before
	end := func(at int) {
		if start >= 0 {
			tokens = append(tokens, &analysis.Token{
				Start: start, End: at, Term: append([]byte(nil), input[start:at]...),
				Position: len(tokens) + 1, Type: analysis.AlphaNumeric,
			})
		}
		start = -1
	}
	for at := 0; at < len(input); {
		r, size := utf8.DecodeRune(input[at:])
		c := classOf(r)
		switch {
		case c == mark && start >= 0:
			at += size
			continue
		case c == separator || c == mark:
			end(at)
			c = separator
		case start >= 0 && before == upper && c == lower:
			if last > start { // the last capital begins a word: HTML|Page
				end(last)
				start = last
			}
		case start >= 0 && before != c:
			end(at)
		}
		if start < 0 && c != separator {
			start = at
		}
		before, last = c, at
		at += size
	}
	end(len(input))
	return tokens
}
