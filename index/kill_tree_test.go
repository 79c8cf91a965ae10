package index

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clipsearch/index/store"
)

// treePictures is how many pictures a generated tree has at first: some 25 batches of the killed runs.
const treePictures = 100

// tree is a folder of captioned pictures that changes at random. What it becomes depends on the generator alone.
type tree struct {
	t      *testing.T
	folder string
	rng    *rand.Rand
	names  []string  // of the pictures that are there
	made   int       // files ever named
	clock  time.Time // of the last change
}

func newTree(t *testing.T, folder string, rng *rand.Rand) *tree {
	w := &tree{t: t, folder: folder, rng: rng, clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for range treePictures {
		w.add()
	}
	w.put("broken.png", []byte("no picture"))
	return w
}

// check fails the test on an error of what prepares it.
func (w *tree) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *tree) path(name string) string { return filepath.Join(w.folder, name) }

// change makes, moves, swaps, copies, replaces, captions and removes pictures: about a third of them.
func (w *tree) change() {
	steps := []func(){w.add, w.remove, w.move, w.swap, w.duplicate, w.replace, w.caption}
	for range treePictures / 3 {
		steps[w.rng.IntN(len(steps))]()
	}
}

// put writes a file with a time of its own.
func (w *tree) put(name string, content []byte) {
	w.clock = w.clock.Add(time.Second)
	w.check(errors.Join(
		os.MkdirAll(filepath.Dir(w.path(name)), 0o755),
		os.WriteFile(w.path(name), content, 0o644),
		os.Chtimes(w.path(name), w.clock, w.clock),
	))
}

// any returns where a random picture's name stands.
func (w *tree) any() int { return w.rng.IntN(len(w.names)) }

// fresh returns a name that no picture has had.
func (w *tree) fresh() string {
	w.made++
	return fmt.Sprintf("%d/p%05d.png", w.rng.IntN(8), w.made)
}

func (w *tree) colour() color.RGBA {
	c := w.rng.Uint32()
	return color.RGBA{R: uint8(c), G: uint8(c >> 8), B: uint8(c >> 16), A: 255}
}

func (w *tree) add() {
	w.names = append(w.names, w.fresh())
	w.put(w.names[len(w.names)-1], picture(w.colour()))
	if w.rng.IntN(2) == 0 {
		w.note(w.names[len(w.names)-1])
	}
}

func (w *tree) replace() { w.put(w.names[w.any()], picture(w.colour())) }

func (w *tree) caption() { w.note(w.names[w.any()]) }

// note writes a picture's sidecar.
func (w *tree) note(name string) {
	w.put(sidecar(name), fmt.Appendf(nil, "caption %d of %s\nand another", w.rng.IntN(1000), name))
}

func sidecar(name string) string { return name[:len(name)-len(".png")] + ".txt" }

// remove takes one away if enough are left for the other steps.
func (w *tree) remove() {
	if len(w.names) < treePictures/2 {
		return
	}
	at := w.any()
	w.check(os.Remove(w.path(w.names[at])))
	w.names[at] = w.names[len(w.names)-1]
	w.names = w.names[:len(w.names)-1]
}

func (w *tree) move() {
	at, to := w.any(), w.fresh()
	w.check(errors.Join(os.MkdirAll(filepath.Dir(w.path(to)), 0o755), os.Rename(w.path(w.names[at]), w.path(to))))
	w.names[at] = to
}

func (w *tree) swap() {
	a, b := w.path(w.names[w.any()]), w.path(w.names[w.any()])
	if a != b {
		w.check(errors.Join(os.Rename(a, a+"~"), os.Rename(b, a), os.Rename(a+"~", b)))
	}
}

func (w *tree) duplicate() {
	content, err := os.ReadFile(w.path(w.names[w.any()]))
	w.check(err)
	w.names = append(w.names, w.fresh())
	w.put(w.names[len(w.names)-1], content)
}

// content is what a library says of a document, apart from its ID and the times when it was written.
type content struct {
	Document store.Document
	Captions []store.Caption
	Vector   []float32
	Thumb    []byte
}

// readAll returns what a library says: the documents that can be found, by path, captions, vectors and thumbnails included,
// and the files that could not be read; if asked to, the hidden ones by path and content, too. Those may differ after a kill:
// where several documents have a content that turns up at a new path, one that was not hidden before goes there first,
// which a killed run may have changed; the others stay hidden, or get the new content of their path.
func readAll(t *testing.T, library string, hidden bool) map[string]content {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(library, store.Options{ReadOnly: true, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all := map[string]content{}
	err = st.EachRecord(ctx, func(rec store.Record) error {
		d := rec.Document
		if d.Hidden && !hidden {
			return nil
		}
		vector, err := st.Vector(d.ID)
		thumb, errThumb := st.Thumbnail(d.ID)
		key := d.Path
		if d.Hidden {
			key = fmt.Sprintf("%s, hidden, %x", d.Path, d.Hash)
		}
		if _, twice := all[key]; twice {
			err = errors.Join(err, fmt.Errorf("%s is there twice", key))
		}
		d.ID, d.Indexed = 0, time.Time{}
		all[key] = content{d, rec.Captions, vector, thumb}
		return errors.Join(err, errThumb)
	})
	if err == nil {
		err = st.EachSkip(ctx, func(s store.Skip) error {
			all["skipped "+s.Path] = content{Document: store.Document{Size: s.Size, ModTime: s.ModTime, Format: s.Reason}}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
