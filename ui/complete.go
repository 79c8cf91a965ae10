package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clipsearch/search"
)

const (
	maxLookups     = 4               // looks at the disk at once: those at a drive that hangs never end
	lookupTimeout  = 2 * time.Second // to wait for one
	maxEntries     = 20_000          // of a folder that are looked at
	maxCompletions = 50              // shown
)

// errSlowFolder: the disk does not answer.
var errSlowFolder = errors.New("this folder does not answer")

// completion is the JSON of GET /api/v1/complete.
type completion struct {
	Path    string   `json:"path"`           // what was completed, with ~ spelled out
	Folders []string `json:"folders"`        // that begin so, by name; never nil
	More    bool     `json:"more,omitempty"` // there are others
}

// apiComplete answers GET /api/v1/complete: the folders of this computer whose path begins with path, whatever its case;
// hidden ones only if its last part begins with a dot. It names no files, and nothing at all to pages of other sites; see
// isForeign.
func (s *site) apiComplete(w http.ResponseWriter, r *http.Request) {
	path, err := completedPath(r.URL.Query().Get("path"))
	if err != nil {
		apiError(w, r, err)
		return
	}
	found, err := s.lookUp(r.Context(), path)
	if errors.Is(err, errSlowFolder) {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	if err != nil { // a folder that is not there, or not for us, has none
		found = completion{Path: path, Folders: []string{}}
	}
	writeJSON(w, http.StatusOK, found)
}

// completedPath returns a path to complete: from the home folder if it is empty or begins with ~.
func completedPath(path string) (string, error) {
	separator := string(filepath.Separator)
	if home, err := os.UserHomeDir(); err == nil && (path == "" || path == "~" || strings.HasPrefix(path, "~"+separator)) {
		path = home + separator + strings.TrimPrefix(strings.TrimPrefix(path, "~"), separator)
	}
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%w: path: %q is not a whole path", search.ErrBadQuery, path)
	}
	return path, nil
}

// lookUp completes a path, for as long as that may take.
func (s *site) lookUp(ctx context.Context, path string) (completion, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	select {
	case s.lookups <- struct{}{}:
	case <-ctx.Done():
		return completion{}, errSlowFolder
	}
	type outcome struct {
		found completion
		err   error
	}
	done := make(chan outcome, 1)
	go func() { // nothing ends a look at a drive that hangs
		defer func() { <-s.lookups }()
		found, err := complete(path)
		done <- outcome{found, err}
	}()
	select {
	case o := <-done:
		return o.found, o.err
	case <-ctx.Done():
		return completion{}, errSlowFolder
	}
}

// complete lists the folders whose path begins with path.
func complete(path string) (completion, error) {
	dir, begin := filepath.Split(path)
	found := completion{Path: path, Folders: []string{}}
	f, err := os.Open(dir)
	if err != nil {
		return found, err
	}
	defer f.Close()
	entries, err := f.ReadDir(maxEntries)
	if err != nil && err != io.EOF {
		return found, err
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int {
		return strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name()))
	})
	for _, entry := range entries {
		if !continues(entry.Name(), begin) || !isFolder(dir, entry) {
			continue
		}
		if len(found.Folders) == maxCompletions {
			found.More = true
			break
		}
		found.Folders = append(found.Folders, filepath.Join(dir, entry.Name()))
	}
	return found, nil
}

// continues reports whether a name completes a beginning.
func continues(name, begin string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(begin, ".") {
		return false
	}
	return len(name) >= len(begin) && strings.EqualFold(name[:len(begin)], begin)
}

// isFolder reports whether an entry of dir is a folder, or a link to one.
func isFolder(dir string, entry os.DirEntry) bool {
	if entry.Type()&os.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := os.Stat(filepath.Join(dir, entry.Name()))
	return err == nil && info.IsDir()
}
