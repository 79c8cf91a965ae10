package captions

import (
	"path/filepath"
	"strings"
)

// Matcher knows which pictures the names in caption files mean. NewMatcher makes it; it does not change and is safe for
// concurrent use.
type Matcher struct {
	files   []*File
	lines   map[string][]place // by the picture's absolute path
	reports []Report
}

// place is a line of a file.
type place struct{ file, line int32 }

// Report says how the names in one file matched pictures. Each name counts once, however many captions it has.
type Report struct {
	Path      string // of the file, as given to Read
	Matched   int
	Unmatched int // no picture has the name
	Ambiguous int // it can't be told which picture is meant; none was chosen

	UnmatchedExamples []string // the first five, in the order of the file
	AmbiguousExamples []string
}

// maxExamples is how many names a Report gives as examples.
const maxExamples = 5

// NewMatcher looks the names in files up among pictures, the paths that a walk of dirs found. A name is looked up as an
// absolute path, then relative to its file, then relative to each of dirs (in two of them it is ambiguous), last by its
// base name where only one picture has that; if several have it, the folders in the name decide. Such a base name does
// not count where another name of the same file means that picture, too. Names are compared byte by byte after
// filepath.Clean, symbolic links are not followed; names with backslashes are also tried with slashes. Relative paths
// in all arguments are taken from the working folder.
func NewMatcher(files []*File, dirs, pictures []string) *Matcher {
	r := newResolver(dirs, pictures)
	m := &Matcher{files: files, lines: make(map[string][]place)}
	for i, f := range files {
		found := r.file(f)
		report := Report{Path: f.Path}
		counted := make(map[string]bool, len(found))
		for n, line := range f.Lines {
			at := found[line.File]
			if at.how == exactly || at.how == byBase {
				m.lines[at.path] = append(m.lines[at.path], place{int32(i), int32(n)})
			}
			if !counted[line.File] {
				counted[line.File] = true
				report.count(line.File, at.how)
			}
		}
		m.reports = append(m.reports, report)
	}
	return m
}

// For returns the lines whose name means a picture, in the order of the files; nil if there are none.
func (m *Matcher) For(picture string) []Line {
	var lines []Line
	for _, p := range m.lines[absolute(picture)] {
		lines = append(lines, m.files[p.file].Lines[p.line])
	}
	return lines
}

// Reports returns one report a file, in the order of NewMatcher's files.
func (m *Matcher) Reports() []Report { return m.reports }

func (r *Report) count(name string, how finding) {
	switch how {
	case exactly, byBase:
		r.Matched++
	case several:
		r.Ambiguous++
		r.AmbiguousExamples = example(r.AmbiguousExamples, name)
	case nothing:
		r.Unmatched++
		r.UnmatchedExamples = example(r.UnmatchedExamples, name)
	}
}

func example(examples []string, name string) []string {
	if len(examples) < maxExamples {
		examples = append(examples, name)
	}
	return examples
}

// absolute returns a path from the root, cleaned.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path) // no working folder: relative paths stay what they are
}

// finding is what a name means.
type finding uint8

const (
	nothing finding = iota // no picture
	exactly                // the picture at that path
	byBase                 // the only picture with that base name
	several                // one of several pictures
)

type found struct {
	how  finding
	path string // absolute, of exactly and byBase
}

// resolver looks names up among pictures.
type resolver struct {
	dirs     []string            // absolute
	pictures map[string]bool     // absolute
	byBase   map[string][]string // absolute paths by base name
}

func newResolver(dirs, pictures []string) *resolver {
	r := &resolver{pictures: make(map[string]bool, len(pictures)), byBase: make(map[string][]string, len(pictures))}
	for _, dir := range dirs {
		r.dirs = append(r.dirs, absolute(dir))
	}
	for _, picture := range pictures {
		path := absolute(picture)
		if !r.pictures[path] {
			r.pictures[path] = true
			r.byBase[filepath.Base(path)] = append(r.byBase[filepath.Base(path)], path)
		}
	}
	return r
}

// file resolves each name of a file.
func (r *resolver) file(f *File) map[string]found {
	folder := filepath.Dir(absolute(f.Path))
	names := make(map[string]found)
	means := make(map[string]meaning)
	for _, line := range f.Lines {
		if _, ok := names[line.File]; ok {
			continue
		}
		at := r.resolve(line.File, folder)
		if at.how == nothing && strings.Contains(line.File, `\`) {
			at = r.resolve(strings.ReplaceAll(line.File, `\`, "/"), folder)
		}
		names[line.File] = at
		m := means[at.path]
		m.exact = m.exact || at.how == exactly
		m.names++
		means[at.path] = m
	}
	for name, at := range names {
		if at.how != byBase || means[at.path].names == 1 {
			continue
		}
		if means[at.path].exact {
			names[name] = found{how: nothing} // the picture has its own name: this one means a picture that isn't there
		} else {
			names[name] = found{how: several}
		}
	}
	return names
}

// meaning says how the names of one file mean one picture.
type meaning struct {
	names int
	exact bool
}

// resolve looks one name up; folder is that of the caption file.
func (r *resolver) resolve(name, folder string) found {
	if filepath.IsAbs(name) {
		if path := filepath.Clean(name); r.pictures[path] {
			return found{exactly, path}
		}
		return r.base(name)
	}
	if path := filepath.Join(folder, name); r.pictures[path] {
		return found{exactly, path}
	}
	at := found{how: nothing}
	for _, dir := range r.dirs {
		path := filepath.Join(dir, name)
		switch {
		case !r.pictures[path] || path == at.path:
		case at.how == exactly:
			return found{how: several}
		default:
			at = found{exactly, path}
		}
	}
	if at.how == exactly {
		return at
	}
	return r.base(name)
}

// base looks a name up by its base name.
func (r *resolver) base(name string) found {
	name = filepath.Clean(name)
	paths := r.byBase[filepath.Base(name)]
	if len(paths) > 1 {
		var within []string
		for _, path := range paths {
			if strings.HasSuffix(path, string(filepath.Separator)+name) {
				within = append(within, path)
			}
		}
		if len(within) != 1 {
			return found{how: several}
		}
		paths = within
	}
	if len(paths) == 0 {
		return found{how: nothing}
	}
	return found{byBase, paths[0]}
}
