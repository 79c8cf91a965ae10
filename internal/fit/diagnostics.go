package fit

import (
	"bufio"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Diagnostic is one error of the compiler.
type Diagnostic struct {
	File    string // as the compiler names it
	Line    int    // from 1
	Message string
	Causes  []Place // lines of code that led to it, e.g. by instantiating a template; nearest first
}

// A Place is a line of a file.
type Place struct {
	File string
	Line int // from 1
}

var (
	located = regexp.MustCompile(`^(\S[^:]*):(\d+):(?:\d+:)?\s+(.*)$`)
	failure = regexp.MustCompile(`^(?:fatal )?error: (.*)$`)
	// g++ prints these before an error in a template …
	causeBefore = regexp.MustCompile(`^(?:required (?:from|by)|recursively required|instantiated from|in .?constexpr)`)
	// … and these after an error in a macro; clang prints the template's after it too.
	causeAfter = regexp.MustCompile(`^note: (?:in expansion of macro|expanded from macro|in instantiation of|.*requested here)`)
	// A new context ends what the lines before it led to.
	newContext = regexp.MustCompile(`: (?:In |At )|^In file included from `)
)

// parseDiagnostics returns the errors in the output of g++ or clang, in its order. Warnings, notes and
// source excerpts are no errors; lines it does not understand are skipped.
func parseDiagnostics(output string) []Diagnostic {
	var found []Diagnostic
	var before []Place
	lines := bufio.NewScanner(strings.NewReader(output))
	lines.Buffer(nil, 1<<20) // gotch's longest line is under 2 kB, a template's name may fill many
	for lines.Scan() {
		line := lines.Text()
		if newContext.MatchString(line) && !located.MatchString(line) {
			before = nil
			continue
		}
		m := located.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		number, err := strconv.Atoi(m[2])
		if err != nil {
			continue
		}
		place, text := Place{m[1], number}, m[3]
		if e := failure.FindStringSubmatch(text); e != nil {
			found = append(found, Diagnostic{place.File, place.Line, e[1], slices.Clone(before)})
		} else if causeBefore.MatchString(text) {
			before = append(before, place)
		} else if causeAfter.MatchString(text) && len(found) > 0 {
			last := &found[len(found)-1]
			last.Causes = append(last.Causes, place)
		}
	}
	return found
}

// placeIn returns the line of the named files at which d must be mended: its own if it lies in one of
// them, else that of the first cause that does.
func (d Diagnostic) placeIn(files map[string]bool) (Place, bool) {
	for _, p := range append([]Place{{d.File, d.Line}}, d.Causes...) {
		if name := filepath.Base(p.File); files[name] {
			return Place{name, p.Line}, true
		}
	}
	return Place{}, false
}
