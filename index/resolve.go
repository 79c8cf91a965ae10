package index

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"clipsearch/index/store"
	"clipsearch/internal/regular"
)

// fate is what becomes of a file whose content is known.
type fate int

const (
	decode   fate = iota // no document has this content
	move                 // a document's file moved here
	copyOf               // a document with this content stays where it is: share its vector
	postpone             // the same content is being decoded now: look again afterwards
)

// resolve decides by its content what becomes of a file, and remembers the decision. id is the document of the move or
// the copy. Safe for concurrent use.
func (r *run) resolve(hash [32]byte, own store.ID) (fate, store.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok := r.claim(hash, own); ok {
		return move, id
	}
	for _, s := range r.sources[hash] {
		if s.ID != own && (s.HasVector || r.opts.Encoder == nil) {
			return copyOf, s.ID
		}
	}
	if r.running[hash] {
		return postpone, 0
	}
	r.running[hash] = true
	return decode, 0
}

// claim returns the first document with that content (see source.compare) whose own file is gone or has other content, and
// which nobody else gets from then on. Its caller holds r.mu or is alone.
func (r *run) claim(hash [32]byte, own store.ID) (store.ID, bool) {
	all := r.sources[hash]
	for i := range all {
		s := &all[i]
		if s.ID != own && !r.claimed[s.ID] && r.isVacated(s) {
			r.claimed[s.ID] = true
			return s.ID, true
		}
	}
	return 0, false
}

// isVacated reports whether a document's own file is gone or has other content now. It looks once, also outside the
// folders of this run: a root that was moved as a whole is not walked under its old name.
func (r *run) isVacated(s *source) bool {
	if s.own == unasked {
		s.own = present
		if another := r.known[s.Path].ID != s.ID; another || !exists(s.Path) {
			s.own = vacated
		}
	}
	return s.own == vacated
}

// isClaimed reports whether a file at another path has taken a document over.
func (r *run) isClaimed(id store.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.claimed[id]
}

// settle tells resolve that the content of a finished document can be copied, or that it gave none (id 0).
func (r *run) settle(hash [32]byte, id store.ID, hasVector bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.running, hash)
	if id != 0 {
		r.sources[hash] = append(r.sources[hash], source{File: store.File{ID: id, Hash: hash, HasVector: hasVector}, own: present})
	}
}

// compare hashes the files that look changed. Those whose content is as before get their new size and time recorded;
// the others are returned with their hash, and their documents may be taken over by other files.
func (r *run) compare(ctx context.Context, jobs []job) ([]job, error) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opts.Workers)
	for i := range jobs {
		g.Go(func() error {
			if hash, err := hashFile(jobs[i].file.Path); err == nil {
				jobs[i].hash = &hash
			}
			return gctx.Err() // a file that can't be read fails again when it is decoded, and is skipped there
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var changed []job
	var back []store.ID
	touched := make(map[store.ID]store.Stat)
	for _, j := range jobs {
		known := r.known[j.file.Path]
		if j.hash == nil || *j.hash != known.Hash || (!known.HasVector && r.opts.Encoder != nil) {
			if j.hash != nil && *j.hash != known.Hash {
				r.vacate(known)
			}
			changed = append(changed, j)
			continue
		}
		touched[j.id] = store.Stat{Size: j.file.Size, ModTime: j.file.ModTime}
		r.done[j.id] = j.file
		r.summary.Unchanged++
		if known.Hidden {
			back = append(back, j.id)
		}
	}
	r.meter.Done(len(touched))
	r.summary.Returned += len(back)
	if err := r.store.Touch(ctx, touched); err != nil {
		return nil, err
	}
	return changed, r.store.Unhide(ctx, back...)
}

// hashFile returns the SHA-256 of a file's content.
func hashFile(path string) ([32]byte, error) {
	var sum [32]byte
	file, err := regular.Open(path)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return sum, fmt.Errorf("read %s: %w", path, err)
	}
	return [32]byte(h.Sum(nil)), nil
}

// exchange moves documents among paths whose files changed places, so that each document follows its content, and
// returns the jobs left: files with content that no vacated document has. A document that was taken over by another
// path leaves its own job without a document.
func (r *run) exchange(ctx context.Context, jobs []job) ([]job, error) {
	var moves []store.Relocation
	var rest []job
	taken := make(map[string]bool) // paths that a moved document gets
	for _, j := range jobs {
		if j.hash != nil {
			if id, ok := r.claim(*j.hash, j.id); ok {
				taken[j.file.Path] = true
				moves = append(moves, store.Relocation{ID: id, Path: j.file.Path, Root: j.file.Root, ModTime: j.file.ModTime})
				r.done[id] = j.file
				continue
			}
		}
		rest = append(rest, j)
	}
	var replaced []store.ID // documents whose path a move takes and that nobody took over
	for _, j := range jobs {
		if taken[j.file.Path] && !r.claimed[j.id] {
			replaced = append(replaced, j.id)
		}
	}
	if err := r.store.Hide(ctx, replaced...); err != nil {
		return nil, err
	}
	r.summary.Hidden += len(replaced)
	if err := r.relocate(ctx, moves); err != nil {
		return nil, err
	}
	for i := range rest {
		if r.claimed[rest[i].id] {
			rest[i].id = 0
		}
	}
	return rest, nil
}

// relocate applies moves all at once and shows the documents again.
func (r *run) relocate(ctx context.Context, moves []store.Relocation) error {
	if len(moves) == 0 {
		return nil
	}
	if err := r.store.Move(ctx, moves); err != nil {
		return err
	}
	ids, paths := make([]store.ID, len(moves)), make([]string, len(moves))
	for i, m := range moves {
		ids[i], paths[i] = m.ID, m.Path
		if r.hidden[m.ID] {
			r.summary.Hidden--
		}
	}
	r.summary.Moved += len(moves)
	r.meter.Done(len(moves))
	if err := r.store.RemoveSkips(ctx, paths...); err != nil {
		return err
	}
	return r.store.Unhide(ctx, ids...)
}
