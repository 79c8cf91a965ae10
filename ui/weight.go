package ui

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// weighted takes the weight off a term: "2:17" is 17, twice. Without one it is 1.
func weighted(s string) (weight float64, rest string) {
	number, rest, ok := strings.Cut(s, ":")
	if !ok || strings.Trim(number, "-.0123456789") != "" {
		return 1, s
	}
	weight, err := strconv.ParseFloat(number, 64)
	if err != nil || weight == 0 {
		return 1, s
	}
	return weight, rest
}

// weightedText is weighted for words, by the rule of the query line: "10:30" has no weight, nor has "-2:a" or "2: a".
func weightedText(s string) (weight float64, rest string) {
	weight, rest = weighted(s)
	next, _ := utf8.DecodeRuneInString(rest)
	if weight < 0 || rest == "" || unicode.IsDigit(next) || unicode.IsSpace(next) {
		return 1, s
	}
	return weight, rest
}

// withWeight is the inverse of weighted, and of weightedText for a text that begins with no weight itself.
func withWeight(weight float64, s string) string {
	if weight == 1 || weight == 0 {
		return s
	}
	return strconv.FormatFloat(weight, 'g', -1, 64) + ":" + s
}
