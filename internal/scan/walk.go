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
)

// walker carries one walk.
type walker struct {
	ctx  context.Context
	opts Options
	tree Tree

	name     string // of the root being walked, as its files' paths begin
	target   string // where it really is, if name is a symbolic link
	excluded rules  // of Options.Exclude for this root
}

// folder is one folder of the walk.
type folder struct {
	relative string // slash-separated below the root, "" for the root itself, otherwise with a slash last
	rules    []rules
	texts    map[string]bool // names of possible sidecars in it
}

// root walks one folder of the list. If it can't be read, or is another one afterwards, it is away, and nothing in it
// counts as seen.
func (w *walker) root(root string) error {
	files, problems, excluded := len(w.tree.Files), len(w.tree.Problems), w.tree.Excluded
	err := w.open(root)
	if err == nil {
		err = w.folder(folder{})
	}
	if err == nil {
		err = w.tree.Lost(root)
	}
	if err == nil {
		w.tree.Roots = append(w.tree.Roots, root)
		return nil
	}
	if ctxErr := w.ctx.Err(); ctxErr != nil || errors.Is(err, errMalformed) {
		return errors.Join(err, ctxErr)
	}
	delete(w.tree.filled, root)
	w.tree.Files, w.tree.Problems, w.tree.Excluded = w.tree.Files[:files], w.tree.Problems[:problems], excluded
	w.tree.Away = append(w.tree.Away, Problem{root, err})
	return nil
}

// open prepares the walk of a root. A root that is a symbolic link is walked through its target, and paths are reported
// below the name that was given.
func (w *walker) open(root string) (err error) {
	w.name, w.excluded = root, rules{}
	if w.opts.Exclude != nil {
		if w.excluded, err = parseRules("", w.opts.Exclude(root)); err != nil {
			return err
		}
	}
	if w.tree.infos[root], err = openFolder(root); err != nil {
		return err
	}
	if w.target, err = filepath.EvalSymlinks(root); err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return nil
}

// folder lists one folder and those below it. Only the error of the root, or ctx's, is returned.
func (w *walker) folder(f folder) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	path := w.path(f.relative)
	if w.opts.Enter != nil {
		w.opts.Enter(path)
	}
	entries, err := w.opts.readDir(filepath.Join(w.target, filepath.FromSlash(f.relative)))
	if err != nil {
		if f.relative == "" {
			return fmt.Errorf("open folder: %w", err)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			w.problem(path, err)
		}
		return nil
	}
	if ok := w.prepare(&f, path, entries); !ok {
		return nil
	}
	for _, entry := range entries {
		if err := w.entry(f, entry); err != nil {
			return err
		}
	}
	return nil
}

// prepare gives a folder its own rules and the names of the sidecars in it. ok is false if its ignore file can't be
// read: then the folder is a Problem.
func (w *walker) prepare(f *folder, path string, entries []fs.DirEntry) (ok bool) {
	f.texts = make(map[string]bool)
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == IgnoreFile:
			own, err := readIgnore(path, f.relative)
			var unreadable *unreadableIgnore
			if errors.As(err, &unreadable) {
				w.problem(path, err)
				return false
			}
			if err != nil {
				w.problem(filepath.Join(path, IgnoreFile), err)
			}
			f.rules = append(slices.Clip(f.rules), own)
		case strings.HasSuffix(name, ".txt"):
			f.texts[name] = isFile(filepath.Join(path, name), entry)
		}
	}
	return true
}

// entry looks at one entry of a folder: it walks a folder and appends a picture to the tree.
func (w *walker) entry(in folder, entry fs.DirEntry) error {
	name, isFolder := entry.Name(), entry.IsDir()
	if skippedByDefault(name) {
		return nil
	}
	relative := in.relative + name
	if !isFolder && (w.opts.Picture == nil || !w.opts.Picture(relative)) {
		return nil
	}
	if w.isExcluded(in, relative, name, isFolder) {
		w.tree.Excluded++
		w.tree.filled[w.name] = true
		return nil
	}
	if isFolder {
		return w.folder(folder{relative: relative + "/", rules: in.rules})
	}
	path := w.path(relative)
	info, err := stat(path, entry)
	if err != nil {
		w.problem(path, err)
		return nil
	}
	if info == nil || !info.Mode().IsRegular() {
		return nil // gone, or a folder, device or pipe behind a picture's name
	}
	w.tree.filled[w.name] = true
	w.tree.Files = append(w.tree.Files, File{
		Path: path, Root: w.name, Size: info.Size(), ModTime: info.ModTime(), Sidecar: in.sidecar(path, name),
	})
	return nil
}

// isExcluded asks first the patterns that the caller gave, then the ignore files from the innermost folder outwards, as
// git does.
func (w *walker) isExcluded(in folder, relative, name string, isFolder bool) bool {
	if excluded, decided := w.excluded.verdict(relative, name, isFolder); decided {
		return excluded
	}
	for _, rules := range slices.Backward(in.rules) {
		if excluded, decided := rules.verdict(relative, name, isFolder); decided {
			return excluded
		}
	}
	return false
}

// stat looks a file up, through a symbolic link. It returns nil, nil if the file has vanished since it was listed.
func stat(path string, entry fs.DirEntry) (fs.FileInfo, error) {
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return info, err
	}
	return os.Stat(path)
}

// isFile reports whether an entry is a file or a symbolic link to one: opening a pipe would wait for ever.
func isFile(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.Type().IsRegular()
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// sidecar returns the text file that belongs to a picture of this folder, or "".
func (f folder) sidecar(path, name string) string {
	ext := filepath.Ext(name)
	if !f.texts[strings.TrimSuffix(name, ext)+".txt"] {
		return ""
	}
	return strings.TrimSuffix(path, ext) + ".txt"
}

// path returns the full path of what lies at a slash-separated path below the root.
func (w *walker) path(relative string) string {
	return filepath.Join(w.name, filepath.FromSlash(relative))
}

// problem notes what could not be looked at.
func (w *walker) problem(path string, err error) {
	w.tree.Problems = append(w.tree.Problems, Problem{path, err})
}
