package index

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/scan"
)

// source is a document that a file with the same content can take over or copy.
type source struct {
	store.File
	own presence
}

// compare puts the document first that likelier is the one whose file has moved: one that was searchable when the run began,
// then the one hidden last. An earlier run may have hidden it and been killed before it came to its file's new place.
func (s source) compare(other source) int {
	switch {
	case s.Hidden != other.Hidden && s.Hidden:
		return 1
	case s.Hidden != other.Hidden:
		return -1
	}
	return other.Since.Compare(s.Since)
}

// presence says whether a document's own file still has its content.
type presence uint8

const (
	unasked presence = iota // the path says it
	present
	vacated // the file is gone or has other content now
)

// job is one picture file that has to be read.
type job struct {
	file scan.File
	id   store.ID  // the document to write; 0 makes a new one
	hash *[32]byte // of the content, where it is known already
}

// work is what a run has to do.
type work struct {
	fresh   []job // files at paths the library doesn't know
	changed []job // files whose content may differ from what the library knows, with their document
	lacking []job // known, unchanged files whose document lacks a vector
}

// size returns the number of files to read.
func (w work) size() int { return len(w.fresh) + len(w.changed) + len(w.lacking) }

// plan compares the folders with the library, hides what is gone, and returns the files to read.
func (r *run) plan(ctx context.Context) (work, error) {
	var w work
	var back []store.ID
	seen := make(map[string]bool, len(r.tree.Files))
	for _, file := range r.tree.Files {
		seen[file.Path] = true
		known, ok := r.known[file.Path]
		switch {
		case !ok:
			if skip, bad := r.bad[file.Path]; bad && sameFile(skip.Size, skip.ModTime, file) && isFinal(skip.Reason) {
				r.summary.Skipped = append(r.summary.Skipped, skip)
				continue
			}
			w.fresh = append(w.fresh, job{file: file})
		case !sameFile(known.Size, known.ModTime, file):
			w.changed = append(w.changed, job{file: file, id: known.ID})
		default:
			if known.Hidden {
				back = append(back, known.ID)
			}
			if !known.HasVector && r.opts.Encoder != nil {
				w.lacking = append(w.lacking, job{file: file, id: known.ID, hash: &known.Hash})
			} else {
				r.summary.Unchanged++
			}
			r.done[known.ID] = file
		}
	}
	if err := r.hideGone(ctx, seen); err != nil {
		return work{}, err
	}
	if err := r.forgetSkips(ctx, seen); err != nil {
		return work{}, err
	}
	r.summary.Returned += len(back)
	return w, r.store.Unhide(ctx, back...)
}

// sameFile reports whether size and time say that a file is as it was.
func sameFile(size int64, modTime time.Time, file scan.File) bool {
	return size == file.Size && modTime.Equal(file.ModTime)
}

// hideGone hides the documents below the walked folders whose path the walk did not see. A folder that has no picture
// left hides nothing (it is likelier not mounted than emptied), and neither does one that could not be read.
func (r *run) hideGone(ctx context.Context, seen map[string]bool) error {
	gone := make(map[string][]store.File)
	for path, file := range r.known {
		if file.Hidden || seen[path] {
			continue
		}
		if root := r.walked(path); root != "" {
			gone[root] = append(gone[root], file)
		}
	}
	for _, root := range r.tree.Roots {
		if len(gone[root]) == 0 {
			continue
		}
		if r.tree.Empty(root) {
			r.summary.Emptied = append(r.summary.Emptied, root)
			continue
		}
		if err := r.hide(ctx, gone[root]); err != nil {
			return err
		}
	}
	return nil
}

// hide hides documents; files with their content at other paths may take them over.
func (r *run) hide(ctx context.Context, files []store.File) error {
	ids := make([]store.ID, 0, len(files))
	for _, file := range files {
		ids = append(ids, file.ID)
		r.hidden[file.ID] = true
	}
	slices.Sort(ids)
	r.summary.Hidden += len(ids)
	return r.store.Hide(ctx, ids...)
}

// forgetSkips forgets unreadable files that are gone or excluded now.
func (r *run) forgetSkips(ctx context.Context, seen map[string]bool) error {
	var gone []string
	for path := range r.bad {
		if root := r.walked(path); root != "" && !seen[path] && !r.tree.Empty(root) {
			gone = append(gone, path)
		}
	}
	slices.Sort(gone)
	return r.store.RemoveSkips(ctx, gone...)
}

// vacate marks a document whose file has other content now.
func (r *run) vacate(file store.File) {
	all := r.sources[file.Hash]
	for i := range all {
		if all[i].ID == file.ID {
			all[i].own = vacated
		}
	}
}

// walked returns the root below which path was looked for, "" if it lies below none or the walk could not look there.
func (r *run) walked(path string) string {
	if slices.ContainsFunc(r.tree.Problems, func(p scan.Problem) bool { return scan.Within(path, p.Path) }) {
		return ""
	}
	for _, root := range r.tree.Roots {
		if scan.Within(path, root) {
			return root
		}
	}
	return ""
}

// quoted lists names for a message.
func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(all, ", ")
}
