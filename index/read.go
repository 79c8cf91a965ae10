package index

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/scan"
)

const (
	thumbLong    = 384     // px; sharp on a tile of a doubled-density screen
	maxFileBytes = 1 << 30 // of one picture file: a worker holds it whole
)

// The reasons for which files are skipped, as the library counts them.
const (
	reasonEmpty       = "empty file"
	reasonUnsupported = "not a supported picture"
	reasonTooLarge    = "too large"
	reasonDamaged     = "damaged"
	reasonDenied      = "no permission"
	reasonGone        = "vanished while indexing"
	reasonEncode      = "could not be encoded"
	reasonOther       = "unreadable"
)

// read does what one file needs before it can be encoded or written. ok is false if that is nothing now.
func (r *run) read(j job) (_ outcome, ok bool) {
	data, err := readFile(j.file)
	if err != nil {
		if r.isLost(j.file.Root) {
			return outcome{}, false
		}
		return outcome{job: j, skip: newSkip(j.file, reasonOf(err), err)}, true
	}
	hash := sha256.Sum256(data)
	if j.hash != nil && r.known[j.file.Path].Hash == hash {
		return r.decode(j, hash, data), true // its document lacks nothing but a vector
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
	return r.decode(j, hash, data), true
}

// isFinal reports whether a file that was skipped for a reason need not be tried again before it changes. A build with
// more decoders may read what was unsupported; reading errors may pass.
func isFinal(reason string) bool {
	switch reason {
	case reasonEmpty, reasonTooLarge, reasonDamaged, reasonEncode:
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
	return os.ReadFile(file.Path)
}

// DecodeOptions returns how far a picture may be shrunk while it is decoded: its shorter side to 1.5 times the tower's
// inputSize in pixels (0 without a tower), its longer side to the thumbnail's. Pictures to search by are decoded alike,
// so that a picture finds itself.
func DecodeOptions(inputSize int) imgio.Options {
	return imgio.Options{MinShort: max(1, inputSize*3/2), MinLong: thumbLong}
}

// decode turns a file's content into a document, and into the tower's input if there is an encoder.
func (r *run) decode(j job, hash [32]byte, data []byte) outcome {
	opts := DecodeOptions(0)
	if r.opts.Encoder != nil {
		opts = DecodeOptions(r.opts.Encoder.InputSize())
	}
	opts.ThumbLong = thumbLong
	picture, err := imgio.Decode(data, opts)
	if err != nil {
		return outcome{job: j, hash: hash, skip: newSkip(j.file, reasonOf(err), err)}
	}
	meta, _ := imgio.ReadMetadata(data) // what can't be read of it is no reason to leave a picture out
	document := r.document(j, hash)
	document.Format, document.Width, document.Height = picture.Format, picture.Width, picture.Height
	document.Taken, document.Camera = meta.Taken, meta.Camera
	document.Latitude, document.Longitude, document.HasGPS = meta.Latitude, meta.Longitude, meta.HasGPS
	document.Tags = merge(meta.Keywords, r.notes.labels(j.file.Path))
	captions, err := r.captions(j, embedded(meta.Descriptions))
	if err != nil {
		return outcome{job: j, hash: hash, skip: newSkip(j.file, reasonOther, err)}
	}
	o := outcome{job: j, hash: hash, entry: &store.Entry{Document: document, Captions: captions, Thumb: picture.Thumb}}
	if r.opts.Encoder != nil {
		o.input = r.opts.Encoder.Prepare(picture.Image)
	}
	return o
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
	document.Latitude, document.Longitude, document.HasGPS = from.Latitude, from.Longitude, from.HasGPS
	document.Tags = merge(nil, r.notes.labels(j.file.Path))
	captions, err := r.captions(j, bySource(records[0].Captions, sourceEmbedded))
	if err != nil {
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
	case errors.Is(err, fs.ErrPermission):
		return reasonDenied
	case errors.Is(err, fs.ErrNotExist):
		return reasonGone
	}
	return reasonOther
}
