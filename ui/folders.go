package ui

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"clipsearch/search"
)

const (
	maxDepth   = 64    // levels of folders shown at once
	maxFolders = 5_000 // folders shown at once; deeper ones have to be asked for
)

// folder is a folder of the library. Its JSON is part of the API.
type folder struct {
	Path      string    `json:"path"`
	PathBytes []byte    `json:"path_bytes,omitempty"` // see search.PathBytes
	Name      string    `json:"name"`                 // its last part
	Pictures  int       `json:"pictures"`             // searchable ones, in all folders below it too
	Own       int       `json:"own"`                  // searchable ones in itself
	Root      *root     `json:"root,omitempty"`
	Folders   []*folder `json:"folders"`       // below it that hold pictures, by name; never nil
	Cut       bool      `json:"cut,omitempty"` // Folders are left out: there are some
}

// root is what is known of a folder that was indexed by name.
type root struct {
	Added    time.Time `json:"added,omitzero"`
	Scanned  time.Time `json:"scanned,omitzero"` // end of the last complete run
	Exclude  []string  `json:"exclude,omitempty"`
	Captions []string  `json:"captions,omitempty"`
	Labels   []string  `json:"labels,omitempty"`
}

// folders keeps the library's folders until it changes: counting looks at every file. Where that takes long they may lag
// behind as counts do. It is safe for concurrent use.
type folders struct {
	library Library

	mu       sync.Mutex
	known    bool
	sequence uint64
	tops     []*folder
	next     time.Time // not to be counted again before
}

// get returns the folders that no other one holds, by path. They are shared and must not be changed.
func (f *folders) get(ctx context.Context) ([]*folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.library.Sequence()
	started := time.Now()
	if f.known && (f.sequence == now || started.Before(f.next)) {
		return f.tops, nil
	}
	tops, err := countFolders(ctx, f.library)
	if err == nil {
		f.tops, f.known, f.sequence = tops, true, now
		if took := time.Since(started); took > countSlow {
			f.next = time.Now().Add(countShare * took)
		}
	}
	return tops, err
}

// countFolders reads the tree of folders.
func countFolders(ctx context.Context, library Library) ([]*folder, error) {
	roots, err := library.Roots()
	if err != nil {
		return nil, err
	}
	g := grove{at: map[string]*folder{}}
	for _, r := range roots {
		f := g.folder(r.Path)
		f.Root = &root{Added: r.Added, Scanned: r.Scanned, Exclude: r.Excludes, Captions: r.Captions, Labels: r.Labels}
	}
	g.adoptRoots()
	own := map[string]int{}
	err = library.EachFile(ctx, func(file search.File) error {
		if !file.Hidden {
			own[filepath.Dir(file.Path)]++
		}
		return nil
	})
	for _, dir := range slices.Sorted(maps.Keys(own)) { // a folder before those below it
		g.count(dir, own[dir])
	}
	g.sort()
	return g.tops, err
}

// grove is a set of trees of folders.
type grove struct {
	at   map[string]*folder // by path
	up   map[string]*folder // a folder's parent
	tops []*folder
}

// folder returns the folder of a path, a new one without a parent if there is none.
func (g *grove) folder(path string) *folder {
	f := g.at[path]
	if f == nil {
		f = &folder{Path: path, PathBytes: search.PathBytes(path), Name: filepath.Base(path), Folders: []*folder{}}
		g.at[path] = f
	}
	return f
}

// adoptRoots hangs each root below the one that holds it.
func (g *grove) adoptRoots() {
	g.up = map[string]*folder{}
	roots := make([]*folder, 0, len(g.at))
	for _, f := range g.at {
		roots = append(roots, f)
	}
	slices.SortFunc(roots, byPath)
	for _, f := range roots {
		g.connect(f)
	}
}

// connect hangs a folder below its next root, with the folders between them, or makes it a top.
func (g *grove) connect(f *folder) {
	above := ""
	for dir := filepath.Dir(f.Path); ; dir = filepath.Dir(dir) {
		if g.at[dir] != nil && dir != f.Path {
			above = dir
			break
		}
		if dir == filepath.Dir(dir) {
			g.tops = append(g.tops, f)
			return
		}
	}
	for child := f; ; {
		parent := g.folder(filepath.Dir(child.Path))
		parent.Folders = append(parent.Folders, child)
		g.up[child.Path] = parent
		if parent.Path == above {
			return
		}
		child = parent
	}
}

// count adds pictures to a folder and all that hold it.
func (g *grove) count(dir string, pictures int) {
	f, known := g.at[dir]
	if !known {
		f = g.folder(dir)
		g.connect(f)
	}
	f.Own += pictures
	for ; f != nil; f = g.up[f.Path] {
		f.Pictures += pictures
	}
}

// sort puts all folders in the order of their paths.
func (g *grove) sort() {
	slices.SortFunc(g.tops, byPath)
	for _, f := range g.at {
		slices.SortFunc(f.Folders, byPath)
	}
}

func byPath(a, b *folder) int { return strings.Compare(a.Path, b.Path) }

// apiFolders answers GET /api/v1/folders:
//
//	under     the folder to begin with; without it the tree begins with those that no other one holds
//	depth     levels of folders, 1 to 64; fewer where there would be more than 5,000
func (s *site) apiFolders(w http.ResponseWriter, r *http.Request) {
	shown, err := s.shownFolders(r.Context(), r.URL.Query())
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"folders": shown})
}

// shownFolders returns the folders that an address asks for.
func (s *site) shownFolders(ctx context.Context, values url.Values) ([]*folder, error) {
	p := params{values: values}
	depth := p.number("depth", maxDepth, 1, maxDepth)
	if p.err != nil {
		return nil, p.err
	}
	tops, err := s.folders.get(ctx)
	if err != nil {
		return nil, err
	}
	if under := values.Get("under"); under != "" {
		f := findFolder(tops, filepath.Clean(under))
		if f == nil {
			return nil, fmt.Errorf("folder %q: %w", under, search.ErrGone)
		}
		tops = []*folder{f}
	}
	return cutFolders(tops, fittingDepth(tops, depth)), nil
}

// findFolder returns the folder of a path, nil if there is none.
func findFolder(all []*folder, path string) *folder {
	for _, f := range all {
		if f.Path == path {
			return f
		}
		if strings.HasPrefix(path, strings.TrimSuffix(f.Path, string(filepath.Separator))+string(filepath.Separator)) {
			if found := findFolder(f.Folders, path); found != nil {
				return found
			}
		}
	}
	return nil
}

// fittingDepth returns how many levels, at most depth and at least one, have no more than maxFolders folders.
func fittingDepth(level []*folder, depth int) int {
	seen := 0
	for n := range depth {
		if seen += len(level); seen > maxFolders {
			return max(1, n)
		}
		var next []*folder
		for _, f := range level {
			next = append(next, f.Folders...)
		}
		level = next
	}
	return depth
}

// cutFolders returns copies of folders with so many levels.
func cutFolders(all []*folder, depth int) []*folder {
	shown := make([]*folder, 0, len(all))
	for _, f := range all {
		c := *f
		if depth == 1 {
			c.Folders, c.Cut = []*folder{}, len(f.Folders) > 0
		} else {
			c.Folders = cutFolders(f.Folders, depth-1)
		}
		shown = append(shown, &c)
	}
	return shown
}
