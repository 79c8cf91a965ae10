// Package scan lists the pictures below folders, and tells when something changed there. Use it through [Walk]: it
// returns every file whose name says picture, in a stable order, with what the folder walk already knows of it, and what
// could not be looked at. A [Watcher] waits for the next reason to walk again.
//
// It opens no pictures and does not decide what is new. A symbolic link to a picture is a picture; one to a folder is
// never followed unless it is a folder that was asked for, so links cannot loop. File names are bytes: they need not be
// UTF-8.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// File is one picture as the folder walk saw it.
type File struct {
	Path    string    // absolute, cleaned; bytes as the file system gives them
	Root    string    // the folder of the walk that it was found under
	Size    int64     // bytes
	ModTime time.Time // of the file itself, also when Path is a symbolic link to it
	Sidecar string    // absolute path of a text file of the same name beside it; empty if there is none
}

// Problem is a file or folder that could not be looked at, or an ignore file with malformed lines.
type Problem struct {
	Path string
	Err  error
}

// Tree is what a walk found.
type Tree struct {
	Dirs     []string  // the folders asked for: absolute, cleaned, sorted, each once
	Roots    []string  // the folders walked: absolute, cleaned, without those inside another one
	Away     []Problem // folders asked for that are missing, unreadable or went away during the walk; not among Roots
	Files    []File    // sorted by Path, each path once
	Problems []Problem // in the order met; nothing is known of what lies below their paths
	Excluded int       // pictures and folders left out by a pattern

	infos  map[string]fs.FileInfo // of Roots, from before the walk
	filled map[string]bool        // Roots in which there is a picture or something excluded
}

// Options says what a walk takes. The zero value takes no file.
type Options struct {
	Picture func(path string) bool     // tells by its name whether a file is a picture
	Exclude func(root string) []string // patterns in gitignore syntax for what lies below a root; they come before those of ignore files; nil: none
	Enter   func(folder string)        // called with each folder before it is listed; nil: nothing is called

	readDir func(string) ([]fs.DirEntry, error) // nil: os.ReadDir; tests put failures here
}

// Walk lists the pictures below dirs. Folders that cannot be opened are in Tree.Away, what cannot be read further down
// is a Problem; a file or folder that vanishes meanwhile is neither. Hidden files and folders, and those that systems and
// network drives leave behind, are skipped, and so is what Exclude and the ignore files say. Errors: a malformed pattern
// of Exclude; ctx's.
func Walk(ctx context.Context, dirs []string, opts Options) (Tree, error) {
	dirs, err := absolute(dirs)
	if err != nil {
		return Tree{}, err
	}
	if opts.readDir == nil {
		opts.readDir = os.ReadDir
	}
	w := walker{ctx: ctx, opts: opts, tree: Tree{Dirs: dirs, infos: make(map[string]fs.FileInfo), filled: make(map[string]bool)}}
	roots := outermost(dirs)
	for _, dir := range dirs {
		if !slices.Contains(roots, dir) {
			if _, err := openFolder(dir); err != nil {
				w.tree.Away = append(w.tree.Away, Problem{dir, err})
			}
			continue
		}
		if err := w.root(dir); err != nil {
			return Tree{}, err
		}
	}
	slices.SortFunc(w.tree.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return w.tree, nil
}

// Empty reports whether a walked root holds no picture at all, not even one that a pattern leaves out.
func (t *Tree) Empty(root string) bool { return !t.filled[root] }

// Lost returns ErrWentAway if a walked root is no longer the folder that it was when the walk began: missing, not
// readable, or another one, as after its drive was taken away. It costs one look at the file system.
func (t *Tree) Lost(root string) error {
	info, err := os.Stat(root)
	if err == nil && os.SameFile(info, t.infos[root]) {
		return nil
	}
	return fmt.Errorf("%s: %w", root, ErrWentAway)
}

// Folders returns dirs as absolute, cleaned paths, sorted, each once. An entry that does not exist or is no folder is an
// error that names it as it was given.
func Folders(dirs []string) ([]string, error) {
	for _, dir := range dirs {
		if _, err := openFolder(dir); err != nil {
			return nil, err
		}
	}
	return absolute(dirs)
}

// openFolder looks a folder up.
func openFolder(dir string) (fs.FileInfo, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w", dir, ErrNoFolder)
	case err != nil:
		return nil, fmt.Errorf("open folder: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s: %w", dir, ErrNotFolder)
	}
	return info, nil
}

// absolute returns dirs as absolute, cleaned paths, sorted, each once.
func absolute(dirs []string) ([]string, error) {
	var all []string
	for _, dir := range dirs {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		all = append(all, abs)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// outermost returns the folders of a sorted list that lie inside no other one.
func outermost(dirs []string) []string {
	var roots []string
	for _, dir := range dirs {
		if !slices.ContainsFunc(roots, func(root string) bool { return Within(dir, root) }) {
			roots = append(roots, dir)
		}
	}
	return roots
}

// Within reports whether the cleaned path is root itself or lies below it.
func Within(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == filepath.Separator || strings.HasSuffix(root, string(filepath.Separator)))
}
