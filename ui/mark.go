package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// piece is a stretch of a caption.
type piece struct {
	text   string
	marked bool
}

// mark cuts a caption into pieces, with the words marked that are among terms, whatever their case and accents. The pieces
// make up the caption.
func mark(caption string, terms []string) []piece {
	wanted := make(map[string]bool, len(terms))
	for _, term := range terms {
		wanted[folded(term)] = true
	}
	var pieces []piece
	add := func(text string, marked bool) {
		if last := len(pieces) - 1; last >= 0 && pieces[last].marked == marked {
			pieces[last].text += text
		} else if text != "" {
			pieces = append(pieces, piece{text, marked})
		}
	}
	for caption != "" {
		gap := lengthOf(caption, func(r rune) bool { return !inWord(r) })
		add(caption[:gap], false)
		caption = caption[gap:]
		word := lengthOf(caption, inWord)
		add(caption[:word], wanted[folded(caption[:word])])
		caption = caption[word:]
	}
	return pieces
}

// lengthOf returns how many bytes at the start of s are runes in class.
func lengthOf(s string, class func(rune) bool) int {
	n := strings.IndexFunc(s, func(r rune) bool { return !class(r) })
	if n < 0 {
		return len(s)
	}
	return n
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// folded returns s in lower case without accents.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

// visible returns s with what could hide or reorder it replaced: control characters, invalid bytes, and the characters
// that switch the direction of writing (a name can make "gpj.exe" look like "exe.jpg" with them).
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return '\ufffd'
		}
		return r
	}, s)
}

// sentence returns an error's text as a sentence for a page.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(r)) + s[size:]
	if last, _ := utf8.DecodeLastRuneInString(s); unicode.IsPunct(last) {
		return visible(s)
	}
	return visible(s) + "."
}
