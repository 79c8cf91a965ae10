package token

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalize returns text in form NFC, lower-cased, each run of white space as one space, invalid bytes as U+FFFD.
func normalize(text string) string {
	if !isASCII(text) {
		text = norm.NFC.String(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		writeLower(&b, r)
	}
	return b.String()
}

// writeLower writes the lower case of r as Rust's char::to_lowercase has it: Unicode's full mapping of one character.
// It differs from the simple mapping in one place (SpecialCasing.txt).
func writeLower(b *strings.Builder, r rune) {
	if r == 'İ' {
		b.WriteString("i̇") // i, U+0307
		return
	}
	b.WriteRune(unicode.ToLower(r))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
