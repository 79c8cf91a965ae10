package scan

import (
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// skippedByDefault reports whether a name belongs to a hidden file or folder ("." first, which takes in macOS's "._*"
// and ".DS_Store"), or to what Synology and Windows put between pictures.
func skippedByDefault(name string) bool {
	return strings.HasPrefix(name, ".") || name == "@eaDir" || name == "Thumbs.db" || name == "$RECYCLE.BIN"
}

// pattern is one line in gitignore syntax (https://git-scm.com/docs/gitignore), ready for doublestar.
type pattern struct {
	glob       string // slash-separated, relative to the root
	negated    bool   // "!": takes back what an earlier pattern left out
	folderOnly bool   // "/" last
}

// patterns are applied in order; the last that fits decides.
type patterns []pattern

// parsePatterns reads gitignore lines. Blank lines and comments are ignored; a malformed one is an error that names it.
func parsePatterns(lines []string) (patterns, error) {
	var all patterns
	for _, line := range lines {
		text := strings.TrimRight(line, " \t\r")
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		var p pattern
		text, p.negated = strings.CutPrefix(text, "!")
		text, p.folderOnly = strings.CutSuffix(text, "/")
		text = strings.TrimPrefix(text, `\`)
		if strings.Contains(text, "/") {
			p.glob = strings.TrimPrefix(text, "/") // anchored at the root
		} else {
			p.glob = "**/" + text
		}
		if p.glob == "" || !doublestar.ValidatePattern(p.glob) {
			return nil, fmt.Errorf("exclude pattern %q is malformed", line)
		}
		all = append(all, p)
	}
	return all, nil
}

// match reports whether the slash-separated relative path of a file or folder is left out. What lies inside an excluded
// folder is never asked for: the walk does not enter it.
func (all patterns) match(relative string, folder bool) bool {
	out := false
	for _, p := range all {
		if p.folderOnly && !folder {
			continue
		}
		if ok, err := doublestar.Match(p.glob, path.Clean(relative)); err == nil && ok {
			out = !p.negated
		}
	}
	return out
}
