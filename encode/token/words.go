package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nextWord takes the first word off text, which is normalised. It stands for the pattern
//
//	's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
//
// with, if specials is set, <\|startoftext\|>|<\|endoftext\|>| before it. The word is empty at white space.
func nextWord(text string, specials bool) (word, rest string) {
	if specials {
		for _, s := range [...]string{startToken, endToken} {
			if strings.HasPrefix(text, s) {
				return text[:len(s)], text[len(s):]
			}
		}
	}
	if n := ending(text); n > 0 {
		return text[:n], text[n:]
	}
	r, n := utf8.DecodeRuneInString(text)
	class := classOf(r)
	if class == space {
		return "", text[n:]
	}
	if class != digit {
		n += sameClass(text[n:], class)
	}
	return text[:n], text[n:]
}

// ending returns the length of the English ending that text begins with, 0 if none.
func ending(text string) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) >= 3 {
		switch text[1:3] {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}

// sameClass returns the length of the longest beginning of text whose characters are all of class c.
func sameClass(text string, c class) int {
	for i, r := range text {
		if classOf(r) != c {
			return i
		}
	}
	return len(text)
}

type class uint8

const (
	other  class = iota
	letter       // \p{L}
	digit        // \p{N}
	space        // \s
)

func classOf(r rune) class {
	switch {
	case 'a' <= r && r <= 'z':
		return letter
	case unicode.IsSpace(r):
		return space
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	}
	return other
}
