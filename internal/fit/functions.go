package fit

import (
	"regexp"
	"strings"
)

// A function is one function definition of a C++ source.
type function struct {
	name        string
	void        bool // returns nothing
	open, close int  // offsets of the braces around its body
	first, last int  // lines, from 1, from its first word to its closing brace
}

// functions returns the functions defined at the top level of a C++ source, or inside its namespaces and
// extern "C" blocks, in order. It knows of C++ only comments, literals, preprocessor lines and braces; that
// suffices for gotch's files, which define nothing but plain functions.
func functions(source string) []function {
	code := blank(source)
	var found []function
	start, line, depth, open := 0, 1, 0, 0 // start: offset where the text of the current item begins
	for at := range len(code) {
		switch code[at] {
		case '\n':
			line++
		case ';':
			if depth == 0 {
				start = at + 1
			}
		case '{':
			if depth == 0 && enclosing.MatchString(code[start:at]) {
				start = at + 1
				continue
			}
			if depth == 0 {
				open = at
			}
			depth++
		case '}':
			depth = max(depth-1, 0) // 0 already where an enclosing block ends
			if depth > 0 {
				continue
			}
			if f, ok := definition(code[start:max(open, start)]); ok {
				f.open, f.close = open, at
				f.first, f.last = line-strings.Count(strings.TrimLeft(code[start:at], space), "\n"), line
				found = append(found, f)
			}
			start = at + 1
		}
	}
	return found
}

const space = " \t\r\n"

var (
	// Quoted "C" is blank by the time this is asked.
	enclosing = regexp.MustCompile(`^\s*(?:extern|(?:inline\s+)?namespace\b[^(]*)\s*$`)
	// The name stands before the first parenthesis, the type of the result before the name.
	signature = regexp.MustCompile(`^\s*(\w[^=(]*?)\b([A-Za-z_]\w*)\s*\(`)
)

// definition reads what stands before a body. It is no function when it is a type, or empty.
func definition(head string) (function, bool) {
	m := signature.FindStringSubmatch(head)
	if m == nil {
		return function{}, false
	}
	return function{name: m[2], void: strings.TrimSpace(m[1]) == "void"}, true
}

// opaque matches what may hold braces that mean nothing: comments, literals and preprocessor lines.
var opaque = regexp.MustCompile(`(?m)//.*|/\*(?s:.*?)\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\r?\n|.)*`)

// blank returns source with every byte of its opaque parts overwritten by a space; offsets and lines stay.
func blank(source string) string {
	code := []byte(source)
	for _, part := range opaque.FindAllStringIndex(source, -1) {
		for i := part[0]; i < part[1]; i++ {
			if code[i] != '\n' {
				code[i] = ' '
			}
		}
	}
	return string(code)
}
