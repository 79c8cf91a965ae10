// Package index keeps a library in step with folders of pictures. [Run] walks the folders, takes in what is new or
// changed, follows what was moved, hides what is gone, and attaches captions and labels; it can be stopped at any moment
// and goes on there the next time. [Watch] does so again and again as the folders change.
//
// It does not answer queries, knows no model (it meets one as an [Encoder]), prints nothing and never writes to the
// picture folders.
package index

import (
	"context"
	"errors"
	"image"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"clipsearch/index/captions"
	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/progress"
	"clipsearch/internal/scan"
)

// Encoder is the image tower that makes a library's vectors.
type Encoder interface {
	// Model returns the identity that the library records. Dims is the length of every vector.
	Model() store.Model
	// InputSize returns the shorter side in pixels below which Prepare would enlarge a picture.
	InputSize() int
	// Prepare turns an upright, opaque picture into the tower's input. It is called from several goroutines at once.
	Prepare(img *image.RGBA) []uint8
	// EncodePixels returns one vector an input of Prepare, in order. It is called from one goroutine.
	EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error)
}

// Follower is a derived index that can be brought in step with the library.
type Follower interface {
	Sync(ctx context.Context) error
}

// Options says what Run takes in. The zero value of each field is its default.
type Options struct {
	// Dirs are the folders. Without any, the folders that the library knows are taken with the settings of the run that
	// last named them, and Captions, Labels and Exclude must be empty.
	Dirs     []string
	Captions []string // caption files (see package captions)
	Labels   []string // label files
	Exclude  []string // patterns in gitignore syntax, recorded for each folder; they come before those of .clipsearchignore files
	Batch    int      // pictures that go through the tower together; 0 is 32
	Workers  int      // decoding goroutines; 0 is one a core
	// Thumb is the longer side in pixels of the thumbnails of pictures that are read, recorded for each folder; NoThumb is
	// none, 0 what is recorded, else DefaultThumb.
	Thumb int

	Encoder   Encoder                 // nil: captions and names only, documents get no vector
	Followers []Follower              // brought in step while Run works and at its end
	Meter     *progress.Meter         // nil: nothing is counted
	Matched   func([]captions.Report) // called once, before pictures are read, with how the names in caption and label files matched; may be nil

	Skipped func(store.Skip) // called with each picture that could not be read, by one goroutine; may be nil

	walk  func(context.Context, []string, scan.Options) (scan.Tree, error) // nil: scan.Walk; tests put failures here
	enter func(folder string)                                              // see scan.Options.Enter

	memory   int64                                               // bytes; 0: decodeMemory
	decode   func([]byte, imgio.Options) (*imgio.Picture, error) // nil: imgio.Decode; tests put slow pictures here
	patience time.Duration                                       // 0: patience
}

// defaultBatch is what keeps the matrix products of a ViT at the speed of large ones (M = 32 × 50 rows) and a batch
// under a second on two cores, so that an interrupt is answered at once.
const defaultBatch = 32

// Summary says what a run did. It is right also when Run returns an error: it covers what was done until then.
type Summary struct {
	Found     int // pictures in the folders
	Unchanged int
	Added     int // new documents, Copied ones included
	Updated   int // documents whose file has new content
	Moved     int
	Copied    int // new documents that share the vector of one with the same content
	Returned  int // documents that had been hidden
	Hidden    int // documents whose file is gone or excluded now
	Encoded   int // pictures that went through the image tower
	Captioned int // documents whose captions or tags changed without their picture
	Excluded  int // files and folders left out by a pattern

	Skipped  []store.Skip   // pictures that could not be read, by path
	Problems []scan.Problem // folders, ignore files and links that could not be read: nothing below them was hidden
	Away     []scan.Problem // folders of Options.Dirs that are missing or went away: nothing of theirs was hidden
	Emptied  []string       // folders that held pictures before and have none now: nothing of theirs was hidden
	Captions []captions.Report

	Elapsed time.Duration
	Times   progress.Times
}

// Run brings the library in step with the folders. The model of opts.Encoder is recorded if the library has none;
// another one is ErrModel. Errors that end it: a folder that does not exist and that the library does not know, no Dirs
// and no known folders (ErrNoFolders), a caption file that cannot be read, ctx's. Errors after the work is done: a known
// folder that is missing or went away (scan's error) or is suddenly empty (ErrEmptied), no pictures at all
// (ErrNoPictures), a caption file that names none of the pictures (ErrNoCaptionMatched).
// A picture that cannot be read is no error: it is in Summary.Skipped. Everything finished before an error is kept.
func Run(ctx context.Context, st *store.Store, opts Options) (Summary, error) {
	summary, err, complaint := once(ctx, st, opts)
	return summary, errors.Join(err, complaint)
}

// once is Run. err ended the run early, complaint came after the work was done; at most one of them is not nil.
func once(ctx context.Context, st *store.Store, opts Options) (s Summary, err, complaint error) {
	started := time.Now()
	if opts.Batch <= 0 {
		opts.Batch = defaultBatch
	}
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.decode == nil {
		opts.decode = imgio.Decode
	}
	if opts.memory == 0 {
		opts.memory = decodeMemory
	}
	if opts.patience == 0 {
		opts.patience = patience
	}
	if opts.walk == nil {
		opts.walk = scan.Walk
	}
	if opts.Meter == nil {
		opts.Meter = new(progress.Meter)
	}
	r := &run{store: st, opts: opts, meter: opts.Meter, memory: semaphore.NewWeighted(opts.memory)}
	if err = r.all(ctx); err == nil {
		complaint = r.complaints()
	}
	slices.SortFunc(r.summary.Skipped, func(a, b store.Skip) int { return strings.Compare(a.Path, b.Path) })
	r.summary.Elapsed = time.Since(started)
	r.summary.Times = r.meter.Snapshot().Times
	return r.summary, err, complaint
}
