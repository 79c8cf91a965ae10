package scan

import (
	"errors"
	"strings"
)

// errMalformed is a pattern that git reads without complaint and that can match nothing.
var errMalformed = errors.New("malformed pattern")

// glob is a pattern of git's wildmatch with WM_PATHNAME (git/wildmatch.c, 2.39), compiled: like git it compares bytes,
// so names need not be UTF-8, and unlike git's it takes at most len(pattern)·len(text)² steps.
type glob []token

// token is a piece of a glob.
type token struct {
	kind  tokenKind
	char  byte  // of literal
	class class // of oneOf
}

type tokenKind uint8

const (
	literal tokenKind = iota // one byte
	oneOf                    // a class of bytes: [a-z]; "?" is all but "/"
	star                     // any bytes but "/"
	folders                  // "**/": nothing, or whole folders
	all                      // "/**" last: everything below
)

// compile reads a pattern; errMalformed if a bracket or backslash has no end, or a character class no known name.
func compile(pattern string) (glob, error) {
	var g glob
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; c {
		case '*':
			t, n := stars(pattern, i)
			g, i = append(g, t), i+n
		case '?':
			g, i = append(g, token{kind: oneOf, class: class{}.complement()}), i+1
		case '[':
			set, n, err := parseClass(pattern[i:])
			if err != nil {
				return nil, err
			}
			g, i = append(g, token{kind: oneOf, class: set}), i+n
		case '\\':
			if i+1 == len(pattern) {
				return nil, errMalformed
			}
			g, i = append(g, token{kind: literal, char: pattern[i+1]}), i+2
		default:
			g, i = append(g, token{kind: literal, char: c}), i+1
		}
	}
	return g, nil
}

// stars reads the asterisks at i and returns how many bytes they take. Two or more have their own meaning where they are
// a whole part of the path; also behind a beginning without wildcards, since git compares that first and takes it away.
func stars(pattern string, i int) (token, int) {
	n := len(pattern[i:]) - len(strings.TrimLeft(pattern[i:], "*"))
	switch rest := pattern[i+n:]; {
	case n == 1 || i > 0 && pattern[i-1] != '/' && strings.ContainsAny(pattern[:i], `*?[\`):
		return token{kind: star}, n
	case rest == "":
		return token{kind: all}, n
	case rest[0] == '/':
		return token{kind: folders}, n + 1
	}
	return token{kind: star}, n
}

// match reports whether the whole text fits.
func (g glob) match(text string) bool {
	type retry struct{ token, at int } // token 0: none, as it is the one behind an asterisk
	var name, path retry
	t, i := 0, 0
	for {
		switch {
		case t == len(g):
			if i == len(text) {
				return true
			}
		case g[t].kind == all:
			return true
		case g[t].kind == folders:
			t++
			path, name = retry{t, i}, retry{}
			continue
		case g[t].kind == star:
			t++
			name = retry{t, i}
			continue
		case i < len(text) && g[t].takes(text[i]):
			t, i = t+1, i+1
			continue
		}
		if name.token > 0 && name.at < len(text) && text[name.at] != '/' {
			name.at++
			t, i = name.token, name.at
			continue
		}
		slash := -1
		if path.token > 0 {
			slash = strings.IndexByte(text[path.at:], '/')
		}
		if slash < 0 {
			return false
		}
		path.at += slash + 1
		t, i, name = path.token, path.at, retry{}
	}
}

// takes reports whether a token that stands for one byte fits it.
func (t token) takes(c byte) bool {
	if t.kind == literal {
		return t.char == c
	}
	return t.class.has(c)
}
