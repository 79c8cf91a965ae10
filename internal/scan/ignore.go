package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/internal/regular"
)

// IgnoreFile is the name of the files that leave out what lies beside and below them, one pattern a line in gitignore
// syntax (https://git-scm.com/docs/gitignore).
const IgnoreFile = ".clipsearchignore"

// maxIgnore bounds an ignore file; real ones have some lines.
const maxIgnore = 1 << 20 // bytes

// pattern is one line of an ignore file.
type pattern struct {
	glob       glob
	anchored   bool // has a slash that is not last: compared with the path below the rules' folder, otherwise with names
	negated    bool // "!": takes back what an earlier pattern left out
	folderOnly bool // "/" last
}

// rules are the patterns of one folder in order; the last that fits decides.
type rules struct {
	base     string // the folder, slash-separated below the root, with a slash last; "" is the root itself
	patterns []pattern
}

// parseRules reads lines in gitignore syntax. Malformed ones, which can match nothing, are left out and named by the error.
func parseRules(base string, lines []string) (rules, error) {
	all := rules{base: base}
	var errs []error
	for _, line := range lines {
		p, ok, err := parsePattern(line)
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %q", err, line))
		}
		if ok {
			all.patterns = append(all.patterns, p)
		}
	}
	return all, errors.Join(errs...)
}

// parsePattern reads one line; ok is false for blanks, comments and what can match nothing.
func parsePattern(line string) (p pattern, ok bool, err error) {
	text := strings.TrimSuffix(line, "\r")
	if strings.HasPrefix(text, "#") {
		return pattern{}, false, nil
	}
	text = trimSpaces(text)
	text, p.negated = strings.CutPrefix(text, "!")
	text, p.folderOnly = strings.CutSuffix(text, "/")
	p.anchored = strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if text == "" {
		return pattern{}, false, nil
	}
	p.glob, err = compile(text)
	return p, err == nil, err
}

// trimSpaces takes away spaces at the end, but for one that a backslash quotes.
func trimSpaces(text string) string {
	end := 0
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		} else if text[i] == ' ' {
			continue
		}
		end = min(i+1, len(text))
	}
	return text[:end]
}

// verdict says what the rules make of a file or folder, its path slash-separated below the root; decided is false if no
// pattern fits. What lies inside an excluded folder is never asked for: the walk does not enter it.
func (r rules) verdict(relative, name string, folder bool) (excluded, decided bool) {
	for i := len(r.patterns) - 1; i >= 0; i-- {
		p := &r.patterns[i]
		if p.folderOnly && !folder {
			continue
		}
		text := name
		if p.anchored {
			text = relative[len(r.base):]
		}
		if p.glob.match(text) {
			return !p.negated, true
		}
	}
	return false, false
}

// CheckPatterns returns an error that names the patterns in gitignore syntax that are malformed.
func CheckPatterns(lines []string) error {
	_, err := parseRules("", lines)
	return err
}

// readIgnore reads the ignore file of a folder. One that is not there or no file has no rules; err is a Problem of the
// file if its lines are malformed, and of the folder if the file cannot be read: then nobody knows what to leave out.
func readIgnore(folder, base string) (found rules, err error) {
	path := filepath.Join(folder, IgnoreFile)
	info, err := os.Stat(path)
	var data []byte
	if err == nil && info.Mode().IsRegular() && info.Size() > maxIgnore {
		err = fmt.Errorf("%s has more than %d bytes", IgnoreFile, maxIgnore)
	}
	if err == nil {
		data, err = regular.ReadFile(path)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, regular.ErrNotRegular) {
		return rules{}, nil
	}
	if err != nil {
		return rules{}, &unreadableIgnore{err}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	return parseRules(base, strings.Split(text, "\n"))
}

// unreadableIgnore is an ignore file that could not be read.
type unreadableIgnore struct{ error }

func (e *unreadableIgnore) Unwrap() error { return e.error }
