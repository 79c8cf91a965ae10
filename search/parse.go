package search

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLineRunes = 20_000 // more than anybody types; what follows is cut
	maxInline    = 100    // of an inline weight: beyond, the other terms no longer count

	// quotes open and close phrases alike: keyboards, phones and German text have different ones.
	quotes = "\"“”„"
)

// Line is a query line taken apart by the package's grammar.
type Line struct {
	Words    []string // of the added terms, as typed
	Phrases  []string // of the added terms, without their quotation marks
	Excluded []string // words and phrases with a minus sign
	Terms    []Term   // text terms for the vector; negative weights are subtracted
	Open     bool     // the line ends in a word that may not be finished
	Cut      bool     // the line was longer than 20,000 characters
}

// Parse reads a line. It takes every string: control characters and invalid UTF-8 count as white space.
func Parse(text string) Line {
	p := parser{sign: 1, weight: 1, start: true}
	p.rest, p.line.Cut = clean(text)
	for p.next() {
	}
	p.endTerm()
	return p.line
}

// clean turns control characters and invalid bytes into spaces and cuts what no person typed.
func clean(text string) (cleaned string, cut bool) {
	runes := 0
	for i := range text {
		if runes++; runes > maxLineRunes {
			text, cut = text[:i], true
			break
		}
	}
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return text, cut
}

// parser walks a line item by item.
type parser struct {
	rest   string
	line   Line
	sign   float64  // of the current term
	weight float64  // of the current term
	start  bool     // nothing of the current term has been read
	items  []string // of the current term, in order
}

// next reads one item; it reports whether there was one.
func (p *parser) next() bool {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	switch {
	case p.rest == "":
		return false
	case p.operator(), p.weighted(), p.excluded():
		return true
	}
	p.start = false
	if phrase, ok := p.phrase(); ok {
		p.add(&p.line.Phrases, phrase)
		return true
	}
	word := p.word()
	if searchable(word) {
		p.add(&p.line.Words, word)
		p.line.Open = p.rest == "" && p.sign > 0
	}
	return true
}

// operator reads a plus or minus sign that stands alone, and ends the term before it.
func (p *parser) operator() bool {
	r, size := utf8.DecodeRuneInString(p.rest)
	if r != '+' && r != '-' && r != '−' {
		return false
	}
	if next, _ := utf8.DecodeRuneInString(p.rest[size:]); len(p.rest) > size && !unicode.IsSpace(next) {
		return false
	}
	p.endTerm()
	p.rest, p.sign, p.weight, p.start = p.rest[size:], 1, 1, true
	if r != '+' {
		p.sign = -1
	}
	return true
}

// weighted reads the weight at the start of a term.
func (p *parser) weighted() bool {
	if !p.start {
		return false
	}
	number, rest, ok := strings.Cut(p.rest, ":")
	if !ok || strings.Trim(number, "0123456789.") != "" {
		return false
	}
	weight, err := strconv.ParseFloat(number, 64)
	next, _ := utf8.DecodeRuneInString(rest)
	if err != nil || weight <= 0 || weight > maxInline || rest == "" || unicode.IsSpace(next) || unicode.IsDigit(next) {
		return false
	}
	p.rest, p.weight, p.start = rest, weight, false
	return true
}

// excluded reads a word or phrase with a minus sign.
func (p *parser) excluded() bool {
	rest, ok := strings.CutPrefix(p.rest, "-")
	if !ok {
		return false
	}
	first, _ := utf8.DecodeRuneInString(rest)
	if !searchableRune(first) && !strings.ContainsRune(quotes, first) {
		return false
	}
	p.rest, p.start = rest, false
	item, ok := p.phrase()
	if !ok {
		item = p.word()
	}
	if searchable(item) {
		p.line.Excluded = append(p.line.Excluded, item)
	}
	return true
}

// phrase reads a phrase that has both its quotation marks and holds something to search for.
func (p *parser) phrase() (string, bool) {
	first, size := utf8.DecodeRuneInString(p.rest)
	if !strings.ContainsRune(quotes, first) {
		return "", false
	}
	end := strings.IndexAny(p.rest[size:], quotes)
	if end < 0 {
		return "", false
	}
	phrase := strings.Join(strings.Fields(p.rest[size:size+end]), " ")
	if !searchable(phrase) {
		return "", false
	}
	_, closing := utf8.DecodeRuneInString(p.rest[size+end:])
	p.rest = p.rest[size+end+closing:]
	return phrase, true
}

// word reads up to the next white space and leaves out quotation marks.
func (p *parser) word() string {
	end := strings.IndexFunc(p.rest, unicode.IsSpace)
	if end < 0 {
		end = len(p.rest)
	}
	word := strings.Map(func(r rune) rune {
		if strings.ContainsRune(quotes, r) {
			return -1
		}
		return r
	}, p.rest[:end])
	p.rest = p.rest[end:]
	return word
}

// add notes an item for the vector and, in an added term, for the words.
func (p *parser) add(list *[]string, item string) {
	p.items = append(p.items, item)
	if p.sign > 0 {
		*list = append(*list, item)
	}
}

// endTerm closes the current term.
func (p *parser) endTerm() {
	if len(p.items) > 0 {
		term := Term{Kind: TermText, Text: strings.Join(p.items, " "), Weight: p.sign * p.weight}
		p.line.Terms = append(p.line.Terms, term)
	}
	p.items = nil
}

// searchable reports whether s holds something that a caption or a picture can have: a letter, number or symbol such as
// an emoji, not punctuation alone.
func searchable(s string) bool { return strings.IndexFunc(s, searchableRune) >= 0 }

func searchableRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.So, r))
}
