package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/internal/regular"
)

// Resolve returns the directory of the model that a user calls name: the path
// itself if it is a directory, else the model of that name in the first of the
// places that has it; BuiltinName is the one that the program carries, and
// NAME@REVISION a downloaded one of that branch, tag or commit. What is found is not looked into; Open does that. If there
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
	if plain, revision, _ := strings.Cut(name, "@"); isModelName(plain) {
		for _, c := range places.candidates(plain, revision) {
			dir, reason := c.find()
			if reason == "" {
				return dir, nil
			}
			looked = append(looked, reason)
		}
	}
	advice := "name a directory, or see what there is with: clipsearch model list"
	if strings.Contains(name, "/") && len(looked) > 1 {
		advice = "download it with: clipsearch model pull " + name
	}
	return "", &Error{Path: name, Err: fmt.Errorf("%w; looked for %s", ErrNotFound, strings.Join(looked, ", ")), Advice: advice}
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

// isPlainName reports whether name can be a model's and has one part.
func isPlainName(name string) bool { return isModelName(name) && !strings.Contains(name, "/") }

// candidate is a directory that may hold a model.
type candidate struct {
	dir      string
	revision string // of a repository in a Hugging Face cache; "": it is none
}

// mainRevision is the revision of a repository that is meant where none is named.
const mainRevision = "main"

// candidates lists where a model of that name, and revision if one is named, would be.
func (p Places) candidates(name, revision string) []candidate {
	var list []candidate
	if p.Models != "" && revision == "" {
		list = append(list, candidate{filepath.Join(p.Models, filepath.FromSlash(name)), ""})
	}
	if revision == "" {
		revision = mainRevision
	}
	for _, hub := range p.Hubs {
		list = append(list, candidate{filepath.Join(hub, "models--"+strings.ReplaceAll(name, "/", "--")), revision})
	}
	return list
}

// find returns the directory of the model, or, for a person, what is not there.
func (c candidate) find() (dir, missing string) {
	dir = c.dir
	if c.revision != "" {
		commit, err := readRevision(c.dir, c.revision)
		if err != nil {
			return "", missingFrom(c.dir, filepath.Join(c.dir, "refs", c.revision))
		}
		dir = filepath.Join(c.dir, "snapshots", commit)
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

// readRevision returns the snapshot that a branch, tag or commit of a repository stands for.
func readRevision(repository, revision string) (string, error) {
	if !isPlainName(revision) {
		return "", fmt.Errorf("%w: no revision is called %.80q", ErrNotFound, revision)
	}
	data, err := regular.ReadFile(filepath.Join(repository, "refs", revision))
	if err != nil && revision != mainRevision {
		return revision, nil // a commit
	}
	if err != nil {
		return "", err
	}
	commit := strings.TrimSpace(string(data))
	if !isPlainName(commit) {
		return "", fmt.Errorf("%w: refs/%s names no snapshot", ErrCorrupt, revision)
	}
	return commit, nil
}
