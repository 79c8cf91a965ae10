package index

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/regular"
	"clipsearch/internal/scan"
)

const maxFileBytes = 1 << 30 // of one picture file: a worker holds it whole

// The reasons for which files are skipped, as the library counts them.
const (
	reasonEmpty       = "empty file"
	reasonUnsupported = "not a supported picture"
	reasonTooLarge    = "too large"
	reasonDamaged     = "damaged"
	reasonDenied      = "no permission"
	reasonGone        = "vanished while indexing"
	reasonSlow        = "took too long"
	reasonEncode      = "could not be encoded"
	reasonOther       = "unreadable"
)

// read does what one file needs before it can be encoded or written. ok is false if that is nothing now, or ctx has ended.
func (r *run) read(ctx context.Context, j job) (_ outcome, ok bool) {
	data, err := readFile(j.file)
	if err != nil {
		if r.isLost(j.file.Root) {
			return outcome{}, false
		}
		return outcome{job: j, skip: newSkip(j.file, reasonOf(err), err)}, true
	}
	hash := sha256.Sum256(data)
	if j.hash != nil && r.known[j.file.Path].Hash == hash {
		return r.decode(ctx, j, hash, data) // its document lacks nothing but a vector
	}
	switch what, id := r.resolve(hash, j.id); what {
	case move:
		to := store.Relocation{ID: id, Path: j.file.Path, Root: j.file.Root, ModTime: j.file.ModTime}
		return outcome{job: j, move: &to}, true
	case copyOf:
		return r.copy(j, hash, id), true
	case postpone:
		r.mu.Lock()
		r.later = append(r.later, j)
		r.mu.Unlock()
		return outcome{}, false
	}
	return r.decode(ctx, j, hash, data)
}

// isFinal reports whether a file that was skipped for a reason need not be tried again before it changes. A build with
// more decoders may read what was unsupported; reading errors may pass.
func isFinal(reason string) bool {
	switch reason {
	case reasonEmpty, reasonTooLarge, reasonDamaged, reasonSlow, reasonEncode:
		return true
	}
	return false
}

// isLost reports whether a root went away since it was walked, and remembers it: then its files fail for no fault of theirs.
func (r *run) isLost(root string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost[root] {
		return true
	}
	if err := r.tree.Lost(root); err != nil {
		r.lost[root] = true
		r.summary.Away = append(r.summary.Away, scan.Problem{Path: root, Err: err})
		return true
	}
	return false
}

// readFile returns a file's content, refusing what no picture needs.
func readFile(file scan.File) ([]byte, error) {
	if file.Size > maxFileBytes {
		return nil, fmt.Errorf("%w: the file has %d bytes, the limit is %d", imgio.ErrTooLarge, file.Size, maxFileBytes)
	}
	return regular.ReadFile(file.Path)
}

// copy makes a document that shares the vector, the thumbnail and all that the content says of another one.
func (r *run) copy(j job, hash [32]byte, id store.ID) outcome {
	records, err := r.store.Records([]store.ID{id})
	if err != nil || len(records) == 0 {
		return outcome{job: j, skip: newSkip(j.file, reasonOther, fmt.Errorf("read the document of the same content: %w", err))}
	}
	from := records[0].Document
	document := r.document(j, hash)
	document.Format, document.Width, document.Height = from.Format, from.Width, from.Height
	document.Taken, document.Camera = from.Taken, from.Camera
	document.Latitude, document.Longitude, document.HasGPS, document.Place = from.Latitude, from.Longitude, from.HasGPS, from.Place
	tags, tagsErr := r.tags(j, ownTags(from))
	document.Tags, document.Labels = tags.All, tags.Labels
	captions, err := r.captions(j, bySource(records[0].Captions, sourceEmbedded))
	if err := errors.Join(tagsErr, err); err != nil {
		return outcome{job: j, skip: newSkip(j.file, reasonOther, err)}
	}
	return outcome{job: j, entry: &store.Entry{Document: document, Captions: captions, CopyOf: id}}
}

// document returns what a file's place in the folders says of its document.
func (r *run) document(j job, hash [32]byte) store.Document {
	return store.Document{
		ID: j.id, Path: j.file.Path, Root: j.file.Root, Size: j.file.Size, ModTime: j.file.ModTime, Hash: hash, Indexed: time.Now(),
	}
}

// newSkip records why a file was left out.
func newSkip(file scan.File, reason string, err error) *store.Skip {
	return &store.Skip{Path: file.Path, Size: file.Size, ModTime: file.ModTime, Reason: reason, Detail: err.Error(), When: time.Now()}
}

// reasonOf returns the class of an error of reading a picture.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, imgio.ErrEmpty):
		return reasonEmpty
	case errors.Is(err, imgio.ErrUnsupported):
		return reasonUnsupported
	case errors.Is(err, imgio.ErrTooLarge):
		return reasonTooLarge
	case errors.Is(err, imgio.ErrCorrupt):
		return reasonDamaged
	case errors.Is(err, imgio.ErrSlow):
		return reasonSlow
	case errors.Is(err, fs.ErrPermission):
		return reasonDenied
	case errors.Is(err, fs.ErrNotExist):
		return reasonGone
	}
	return reasonOther
}
