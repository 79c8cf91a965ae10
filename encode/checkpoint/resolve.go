package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Resolve returns the directory of the model that a user calls name: the path
// itself if it is a directory, else the model of that name in the first of the
// places that has it; BuiltinName is the one that the program carries. What is found is not looked into; Open does that. If there
// is none the error is ErrNotFound and lists where it was looked for.
func Resolve(name string, places Places) (dir string, err error) {
	if name == "" {
		return "", fmt.Errorf("%w: its name is empty", ErrNotFound)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return name, nil
	case err == nil:
		return "", faultf(name, "%w: it is a file", ErrNotCheckpoint).advise("name the directory that holds the model's files")
	case !errors.Is(err, fs.ErrNotExist) && !isModelName(name):
		return "", pathFault(name, err)
	}
	looked := []string{name}
	if name == BuiltinName {
		return places.builtin()
	}
	if isModelName(name) {
		for _, c := range places.candidates(name) {
			dir, reason := c.find()
			if reason == "" {
				return dir, nil
			}
			looked = append(looked, reason)
		}
	}
	return "", &Error{Path: name, Err: fmt.Errorf("%w; looked for %s", ErrNotFound, strings.Join(looked, ", ")),
		Advice: "name a directory, or see what there is with: clipsearch model list"}
}

// isModelName reports whether name can be a model's: NAME or ORG/NAME of
// letters, digits, "-", "_" and "." (Hugging Face's rule), so never a path that
// leads out of a folder.
func isModelName(name string) bool {
	parts := strings.Split(name, "/")
	if len(parts) > 2 {
		return false
	}
	for _, part := range parts {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r))
		}) {
			return false
		}
	}
	return true
}

// candidate is a directory that may hold a model.
type candidate struct {
	dir string
	hub bool // a repository of a Hugging Face cache
}

// candidates lists where a model of that name would be.
func (p Places) candidates(name string) []candidate {
	var list []candidate
	if p.Models != "" {
		list = append(list, candidate{filepath.Join(p.Models, filepath.FromSlash(name)), false})
	}
	for _, hub := range p.Hubs {
		list = append(list, candidate{filepath.Join(hub, "models--"+strings.ReplaceAll(name, "/", "--")), true})
	}
	return list
}

// find returns the directory of the model, or, for a person, what is not there.
func (c candidate) find() (dir, missing string) {
	dir = c.dir
	if c.hub {
		revision, err := readRevision(c.dir)
		if err != nil {
			return "", missingFrom(c.dir, filepath.Join(c.dir, "refs", "main"))
		}
		dir = filepath.Join(c.dir, "snapshots", revision)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", missingFrom(c.dir, dir)
	}
	return dir, ""
}

// missingFrom names the part that is missing if the whole is there.
func missingFrom(whole, part string) string {
	if exists(whole) {
		return part
	}
	return whole
}

// readRevision returns the snapshot that a repository's main branch stands for.
func readRevision(repository string) (string, error) {
	data, err := os.ReadFile(filepath.Join(repository, "refs", "main"))
	if err != nil {
		return "", err
	}
	revision := strings.TrimSpace(string(data))
	if !isModelName(revision) || strings.Contains(revision, "/") {
		return "", fmt.Errorf("%w: refs/main names no snapshot", ErrCorrupt)
	}
	return revision, nil
}
