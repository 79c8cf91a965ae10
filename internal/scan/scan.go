// Package scan lists the pictures below folders. Use it through [Walk]: it returns every file whose name says picture,
// in a stable order, with what the folder walk already knows of it, and the folders that could not be read.
//
// It does not open files, does not decide what is new, and never follows a symbolic link to a folder.
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

// Problem is a file or folder that could not be looked at.
type Problem struct {
	Path string
	Err  error
}

// Tree is what a walk found.
type Tree struct {
	Dirs     []string  // the folders asked for: absolute, cleaned, sorted, each once
	Roots    []string  // the folders walked: absolute, cleaned, without those inside another one
	Files    []File    // sorted by Path, each path once
	Problems []Problem // in the order met
	Excluded int       // pictures and folders left out by a pattern
}

// Options says what a walk takes. The zero value takes no file.
type Options struct {
	Picture func(path string) bool // tells by its name whether a file is a picture
	Exclude []string               // patterns in gitignore syntax, relative to each root
}

// Walk lists the pictures below dirs. A folder that is missing or is no folder is an error that names it; one that
// cannot be read further down is a Problem. Hidden files and folders and those that systems and NAS boxes leave behind
// are skipped. Walk ends early with ctx's error.
func Walk(ctx context.Context, dirs []string, opts Options) (Tree, error) {
	dirs, err := Folders(dirs)
	if err != nil {
		return Tree{}, err
	}
	excluded, err := parsePatterns(opts.Exclude)
	if err != nil {
		return Tree{}, err
	}
	w := walker{ctx: ctx, opts: opts, excluded: excluded, tree: Tree{Dirs: dirs, Roots: outermost(dirs)}}
	for _, root := range w.tree.Roots {
		if err := w.root(root); err != nil {
			return Tree{}, err
		}
	}
	slices.SortFunc(w.tree.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return w.tree, nil
}

// Folders returns dirs as absolute, cleaned paths, sorted, each once. An entry that does not exist or is no folder is an
// error that names it as it was given.
func Folders(dirs []string) ([]string, error) {
	var all []string
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: %w", dir, ErrNoFolder)
		case err != nil:
			return nil, fmt.Errorf("open folder: %w", err)
		case !info.IsDir():
			return nil, fmt.Errorf("%s: %w", dir, ErrNotFolder)
		}
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

// walker carries one walk.
type walker struct {
	ctx      context.Context
	opts     Options
	excluded patterns
	tree     Tree
}

// root walks one folder of the list. WalkDir does not enter a root that is a symbolic link, so the walk goes through
// the link's target and reports paths below the name that was given.
func (w *walker) root(root string) error {
	target, err := filepath.EvalSymlinks(root)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return filepath.WalkDir(target, func(path string, entry fs.DirEntry, err error) error {
		if ctxErr := w.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		relative, relErr := filepath.Rel(target, path)
		if relErr != nil {
			return relErr
		}
		seen := filepath.Join(root, relative)
		if err != nil {
			if relative == "." {
				return fmt.Errorf("open folder: %w", err)
			}
			w.tree.Problems = append(w.tree.Problems, Problem{seen, err})
			return skip(entry)
		}
		return w.entry(root, seen, relative, entry)
	})
}

// entry looks at one folder entry and appends it to the tree if it is a picture.
func (w *walker) entry(root, path, relative string, entry fs.DirEntry) error {
	if relative == "." {
		return nil
	}
	if skippedByDefault(entry.Name()) {
		return skip(entry)
	}
	picture := !entry.IsDir() && w.opts.Picture != nil && w.opts.Picture(path)
	if !entry.IsDir() && !picture {
		return nil
	}
	if w.excluded.match(filepath.ToSlash(relative), entry.IsDir()) {
		w.tree.Excluded++
		return skip(entry)
	}
	if entry.IsDir() {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		w.tree.Problems = append(w.tree.Problems, Problem{path, err})
		return nil
	}
	if !info.Mode().IsRegular() {
		return nil // a folder, device or pipe behind a picture's name
	}
	w.tree.Files = append(w.tree.Files, File{
		Path: path, Root: root, Size: info.Size(), ModTime: info.ModTime(), Sidecar: sidecar(path),
	})
	return nil
}

// sidecar returns the text file that belongs to a picture, or "".
func sidecar(path string) string {
	text := strings.TrimSuffix(path, filepath.Ext(path)) + ".txt"
	if info, err := os.Stat(text); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return text
}

// skip tells WalkDir to leave out a folder and to go on after a file.
func skip(entry fs.DirEntry) error {
	if entry != nil && entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}
