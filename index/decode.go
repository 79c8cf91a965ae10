package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/imgio"
)

// Sizes of thumbnails.
const (
	DefaultThumb = 384 // px; sharp on a tile of a doubled-density screen
	NoThumb      = store.NoThumb
)

// patience is how long one picture may be decoded. The largest that are taken, of 500 megapixels, need 10 s.
const patience = time.Minute

// decodeMemory is how many bytes the decodes of a run may hold together: seven photographs of 12 megapixels in several scans. A
// larger picture than that is decoded with no other beside it.
const decodeMemory = 512 << 20

// reserve waits until a picture may be decoded without more memory than the decodes of a run may hold; release gives it back.
// ok is false if ctx ended first. Files wait whole, one a worker, which is not counted.
func (r *run) reserve(ctx context.Context, data []byte) (release func(), ok bool) {
	n := int64(len(data))
	if h, err := imgio.ReadHeader(data); err == nil {
		n += h.DecodeBytes()
	}
	n = min(n, r.opts.memory)
	if r.memory.Acquire(ctx, n) != nil {
		return nil, false
	}
	return func() { r.memory.Release(n) }, true
}

// decodeInTime is imgio.Decode with an end: after patience, or when ctx ends. A decode cannot be stopped from outside. One
// that was given up goes on, apart from the run, until it notices its deadline between two strips of rows or is done; it
// holds a core and its memory that long, and nothing waits for it.
func (r *run) decodeInTime(ctx context.Context, data []byte, opts imgio.Options) (*imgio.Picture, error) {
	type result struct {
		picture *imgio.Picture
		err     error
	}
	opts.Deadline = time.Now().Add(r.opts.patience)
	done := make(chan result, 1)
	go func() {
		picture, err := r.opts.decode(data, opts)
		done <- result{picture, err}
	}()
	timer := time.NewTimer(r.opts.patience)
	defer timer.Stop()
	select {
	case d := <-done:
		return d.picture, d.err
	case <-timer.C:
		return nil, fmt.Errorf("%w: it was given up after %v; touch the file to have it tried again", imgio.ErrSlow, r.opts.patience)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// DecodeOptions returns how far a picture may be shrunk while it is decoded: its shorter side to twice the tower's inputSize in
// pixels (0 without a tower), its longer side to the thumbnail's. At 1.5 times the input, which takes two thirds of the time,
// a JPEG of 12 megapixels comes down to the means of its 8×8 blocks, and its vector's cosine with that of a full decode falls to
// 0.983; at twice the input it is 0.9977 or more (TestScaledDecode of encode). Pictures to search by are decoded alike, so that a
// picture finds itself.
func DecodeOptions(inputSize int) imgio.Options {
	return imgio.Options{MinShort: max(1, inputSize*2), MinLong: DefaultThumb}
}

// thumb returns the longer side in pixels of the thumbnails below a root: as this run says, else as the last one that said.
func (r *run) thumb(root string) int {
	return cmp.Or(r.opts.Thumb, r.roots[root].Thumb, DefaultThumb)
}

// decode turns a file's content into a document, and into the tower's input if there is an encoder. ok is false if ctx
// ended first.
func (r *run) decode(ctx context.Context, j job, hash [32]byte, data []byte) (_ outcome, ok bool) {
	opts := DecodeOptions(0)
	if r.opts.Encoder != nil {
		opts = DecodeOptions(r.opts.Encoder.InputSize())
	}
	opts.ThumbLong = max(r.thumb(j.file.Root), 0)
	release, ok := r.reserve(ctx, data)
	if !ok {
		return outcome{}, false
	}
	defer release()
	picture, err := r.decodeInTime(ctx, data, opts)
	if ctx.Err() != nil {
		return outcome{}, false
	}
	if err != nil {
		return outcome{job: j, hash: hash, skip: newSkip(j.file, reasonOf(err), err)}, true
	}
	meta, _ := imgio.ReadMetadata(data) // what can't be read of it is no reason to leave a picture out
	document := r.document(j, hash)
	document.Format, document.Width, document.Height = picture.Format, picture.Width, picture.Height
	document.Taken, document.Camera = meta.Taken, meta.Camera
	document.Latitude, document.Longitude, document.HasGPS, document.Place = meta.Latitude, meta.Longitude, meta.HasGPS, meta.Place
	tags, tagsErr := r.tags(j, meta.Keywords)
	document.Tags, document.Labels = tags.All, tags.Labels
	captions, err := r.captions(j, embedded(meta.Descriptions))
	if err := errors.Join(tagsErr, err); err != nil {
		return outcome{job: j, hash: hash, skip: newSkip(j.file, reasonOther, err)}, true
	}
	o := outcome{job: j, hash: hash, entry: &store.Entry{Document: document, Captions: captions, Thumb: picture.Thumb}}
	if r.opts.Encoder != nil {
		o.input = r.opts.Encoder.Prepare(picture.Image)
	}
	return o, true
}
