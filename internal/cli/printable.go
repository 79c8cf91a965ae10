package cli

import (
	"strings"
	"unicode"
)

// printable makes foreign text (paths, captions, decoders' messages) safe on a terminal: control characters, which could
// move the cursor, direction marks, which could turn a line round, and bytes that are not UTF-8 become U+FFFD.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}
