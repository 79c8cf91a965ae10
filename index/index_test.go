package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/encode/encodetest"
	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// colours is the test encoder as index wants it; it counts the pictures that go through.
type colours struct {
	encodetest.Encoder
	id      string
	encoded atomic.Int64
	refuse  func(input []uint8) error // nil: no picture is refused
}

func (c *colours) Model() store.Model {
	return store.Model{ID: c.id + c.ID(), Dir: "/models/colours", Dims: c.Dims()}
}

func (c *colours) EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error) {
	for _, input := range inputs {
		if c.refuse != nil {
			if err := c.refuse(input); err != nil {
				return nil, err
			}
		}
	}
	c.encoded.Add(int64(len(inputs)))
	return c.Encoder.EncodePixels(ctx, inputs)
}

// rig is a library beside a folder of pictures.
type rig struct {
	t       *testing.T
	store   *store.Store
	folder  string
	encoder *colours
	clock   time.Time // modification time of the next file written
}

func newRig(t *testing.T) *rig {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "library"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{t: t, store: st, folder: t.TempDir(), encoder: &colours{}, clock: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (r *rig) path(name string) string { return filepath.Join(r.folder, filepath.FromSlash(name)) }

// write makes a file with a modification time of its own.
func (r *rig) write(name string, content []byte) {
	r.t.Helper()
	path := r.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.touch(name)
}

// touch changes a file's modification time.
func (r *rig) touch(name string) {
	r.t.Helper()
	r.clock = r.clock.Add(time.Second)
	if err := os.Chtimes(r.path(name), r.clock, r.clock); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) remove(name string) {
	r.t.Helper()
	if err := os.Remove(r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) rename(from, to string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(to)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(r.path(from), r.path(to)); err != nil {
		r.t.Fatal(err)
	}
}

// run indexes the folder and fails the test on an error.
func (r *rig) run(change func(*Options)) Summary {
	r.t.Helper()
	s, err := r.try(change)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// try indexes the folder. change may adapt the options.
func (r *rig) try(change func(*Options)) (Summary, error) {
	opts := Options{Dirs: []string{r.folder}, Encoder: r.encoder, Batch: 4}
	if change != nil {
		change(&opts)
	}
	r.encoder.encoded.Store(0)
	return Run(context.Background(), r.store, opts)
}

// ids returns the searchable documents by file name, and fails if a document says something else than its file.
func (r *rig) ids() map[string]store.ID {
	r.t.Helper()
	ids := make(map[string]store.ID)
	err := r.store.EachDocument(context.Background(), func(d store.Document) error {
		if d.Hidden {
			return nil
		}
		name, err := filepath.Rel(r.folder, d.Path)
		if err != nil {
			return err
		}
		ids[filepath.ToSlash(name)] = d.ID
		r.checkVector(d)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// checkVector compares a document's vector with one made of its file now.
func (r *rig) checkVector(d store.Document) {
	r.t.Helper()
	have, err := r.store.Vector(d.ID)
	if err != nil || have == nil {
		r.t.Errorf("%s has no vector: %v", d.Path, err)
		return
	}
	data, err := os.ReadFile(d.Path)
	if err != nil {
		r.t.Error(err)
		return
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		r.t.Error(err)
		return
	}
	flat := image.NewRGBA(img.Bounds())
	for y := range flat.Rect.Dy() {
		for x := range flat.Rect.Dx() {
			flat.Set(x, y, img.At(x, y))
		}
	}
	want, err := r.encoder.Encoder.EncodePixels(context.Background(), [][]uint8{r.encoder.Prepare(flat)})
	if err != nil {
		r.t.Fatal(err)
	}
	if similarity := vec.Dot(have, want[0]); similarity < 0.9999 {
		r.t.Errorf("%s has the vector of another picture: similarity %v", d.Path, similarity)
	}
}

func (r *rig) names() []string {
	r.t.Helper()
	var names []string
	for name := range r.ids() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// picture returns a PNG of one colour.
func picture(c color.RGBA) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{c.R, c.G, c.B, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

var (
	red   = picture(color.RGBA{R: 230, G: 10, B: 10})
	green = picture(color.RGBA{R: 10, G: 200, B: 20})
	blue  = picture(color.RGBA{R: 20, G: 30, B: 220})

	violet = picture(color.RGBA{R: 120, B: 200})
	yellow = picture(color.RGBA{R: 240, G: 230, B: 20})
	white  = picture(color.RGBA{R: 255, G: 255, B: 255})
)

func TestRunTakesInNewPicturesOnce(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("sub/green.png", green)
	s := r.run(nil)
	if s.Found != 2 || s.Added != 2 || s.Encoded != 2 || r.encoder.encoded.Load() != 2 {
		t.Errorf("first run: %+v", s)
	}
	if diff := cmp.Diff([]string{"red.png", "sub/green.png"}, r.names()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	before := r.store.Sequence()
	s = r.run(nil)
	if s.Unchanged != 2 || s.Added != 0 || r.encoder.encoded.Load() != 0 {
		t.Errorf("second run: %+v", s)
	}
	if after := r.store.Sequence(); after != before {
		t.Errorf("a run without news logged %d changes", after-before)
	}
}

// TestRunFollowsFiles changes files between two runs and looks at what the library holds after the second.
func TestRunFollowsFiles(t *testing.T) {
	tests := []struct {
		name    string
		change  func(r *rig)
		want    map[string]string // file name now → name of the document's file at first; "" a new document
		encoded int64
		check   func(t *testing.T, s Summary)
	}{
		{"touched", func(r *rig) { r.touch("red.png") }, map[string]string{"red.png": "red.png", "green.png": "green.png"}, 0,
			func(t *testing.T, s Summary) {
				if s.Unchanged != 2 {
					t.Errorf("%+v", s)
				}
			}},
		{"changed", func(r *rig) { r.write("red.png", blue) }, map[string]string{"red.png": "red.png", "green.png": "green.png"}, 1,
			func(t *testing.T, s Summary) {
				if s.Updated != 1 {
					t.Errorf("%+v", s)
				}
			}},
		{"moved", func(r *rig) { r.rename("red.png", "sub/rouge.png") }, map[string]string{"sub/rouge.png": "red.png", "green.png": "green.png"}, 0,
			func(t *testing.T, s Summary) {
				if s.Moved != 1 || s.Hidden != 0 || s.Added != 0 {
					t.Errorf("%+v", s)
				}
			}},
		{"copied", func(r *rig) { r.write("copy.png", red) }, map[string]string{"copy.png": "", "red.png": "red.png", "green.png": "green.png"}, 0,
			func(t *testing.T, s Summary) {
				if s.Copied != 1 || s.Added != 1 {
					t.Errorf("%+v", s)
				}
			}},
		{"moved and copied", func(r *rig) { r.rename("red.png", "a.png"); r.write("b.png", red) },
			map[string]string{"a.png": "red.png", "b.png": "", "green.png": "green.png"}, 0, nil},
		{"swapped", func(r *rig) { r.write("red.png", green); r.write("green.png", red) },
			map[string]string{"red.png": "green.png", "green.png": "red.png"}, 0, nil},
		{"moved and replaced", func(r *rig) { r.rename("red.png", "old.png"); r.write("red.png", blue) },
			map[string]string{"old.png": "red.png", "red.png": "", "green.png": "green.png"}, 1, nil},
		{"overwritten by the other", func(r *rig) { r.rename("red.png", "green.png"); r.touch("green.png") },
			map[string]string{"green.png": "red.png"}, 0, nil},
		{"gone", func(r *rig) { r.remove("red.png") }, map[string]string{"green.png": "green.png"}, 0,
			func(t *testing.T, s Summary) {
				if s.Hidden != 1 {
					t.Errorf("%+v", s)
				}
			}},
		{"came back elsewhere", func(r *rig) { r.remove("red.png"); r.run(nil); r.write("sub/red.png", red) },
			map[string]string{"sub/red.png": "red.png", "green.png": "green.png"}, 0, nil},
		{"came back elsewhere after its place was taken", func(r *rig) {
			r.remove("red.png")
			r.run(nil)
			r.rename("green.png", "red.png")
			r.run(nil)
			r.write("sub/red.png", red)
		}, map[string]string{"sub/red.png": "red.png", "red.png": "green.png"}, 0, nil},
		{"swapped and copied", func(r *rig) { r.write("red.png", green); r.write("green.png", red); r.write("copy.png", red) },
			map[string]string{"copy.png": "red.png", "green.png": "", "red.png": "green.png"}, 0, nil},
		{"two new files of one content", func(r *rig) { r.write("b1.png", blue); r.write("b2.png", blue) },
			map[string]string{"b1.png": "", "b2.png": "", "red.png": "red.png", "green.png": "green.png"}, 1, nil},
		{"became unreadable", func(r *rig) { r.write("red.png", red[:40]) }, map[string]string{"green.png": "green.png"}, 0,
			func(t *testing.T, s Summary) {
				if len(s.Skipped) != 1 || s.Hidden != 1 {
					t.Errorf("%+v", s)
				}
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.write("red.png", red)
			r.write("green.png", green)
			r.run(nil)
			before := r.ids()
			test.change(r)
			s := r.run(func(o *Options) { o.Workers = 1 }) // of two files with one content the first by name gets the document
			if got := r.encoder.encoded.Load(); got != test.encoded {
				t.Errorf("%d pictures were encoded, want %d", got, test.encoded)
			}
			after := r.ids()
			old := make(map[store.ID]string)
			for name, id := range before {
				old[id] = name
			}
			got := make(map[string]string)
			for name, id := range after {
				got[name] = old[id]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
			if test.check != nil {
				test.check(t, s)
			}
			sequence := r.store.Sequence()
			if r.run(nil); r.store.Sequence() != sequence {
				t.Error("a third run found something to do")
			}
		})
	}
}

func TestRunShowsReturnedFiles(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("green.png", green)
	r.run(nil)
	id := r.ids()["red.png"]
	r.remove("red.png")
	r.run(nil)
	r.write("red.png", red)
	s := r.run(nil)
	if got := r.ids()["red.png"]; got != id || s.Returned != 1 || r.encoder.encoded.Load() != 0 {
		t.Errorf("document %d came back as %d, %+v", id, got, s)
	}
}

func TestRunExcludesWithoutLosing(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("sub/green.png", green)
	r.run(nil)
	id := r.ids()["sub/green.png"]
	r.run(func(o *Options) { o.Exclude = []string{"sub/"} })
	if diff := cmp.Diff([]string{"red.png"}, r.names()); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	r.run(nil)
	if got := r.ids()["sub/green.png"]; got != id || r.encoder.encoded.Load() != 0 {
		t.Errorf("document %d came back as %d", id, got)
	}
}

func TestRunHidesNothingOfAnEmptiedFolder(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.run(nil)
	r.remove("red.png")
	s, err := r.try(nil)
	if !errors.Is(err, ErrEmptied) || !strings.Contains(err.Error(), r.folder) || len(s.Emptied) != 1 {
		t.Errorf("error %v, %+v", err, s)
	}
	if stats, err := r.store.Stats(context.Background()); err != nil || stats.Documents != 1 {
		t.Errorf("%d documents, %v", stats.Documents, err)
	}
}

func TestRunSkipsWhatItCannotRead(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("empty.png", nil)
	r.write("cut.png", red[:len(red)/2])
	r.write("text.jpg", []byte("this is no picture\n"))
	want := map[string]string{"empty.png": reasonEmpty, "cut.png": reasonDamaged, "text.jpg": reasonUnsupported}
	for run := range 2 {
		s := r.run(nil)
		got := make(map[string]string)
		for _, skip := range s.Skipped {
			got[filepath.Base(skip.Path)] = skip.Reason
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("run %d: skipped (-want +got):\n%s", run, diff)
		}
	}
	r.write("empty.png", green)
	if s := r.run(nil); len(s.Skipped) != 2 || s.Added != 1 {
		t.Errorf("after mending one: %+v", s)
	}
}

func TestRunRefusesAnotherModel(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.run(nil)
	r.encoder.id = "other-"
	_, err := r.try(nil)
	if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), "other-") {
		t.Errorf("error is %v", err)
	}
}

func TestRunAddsVectorsLater(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("red.txt", []byte("a red thing\n"))
	s := r.run(func(o *Options) { o.Encoder = nil })
	if s.Added != 1 || r.store.Model().ID != "" {
		t.Fatalf("without a model: %+v, model %+v", s, r.store.Model())
	}
	if s = r.run(nil); s.Encoded != 1 || s.Added != 0 {
		t.Errorf("with a model: %+v", s)
	}
	id := r.ids()["red.png"]
	if captions, err := r.store.Captions(id); err != nil || len(captions) != 1 {
		t.Errorf("captions are %v, %v", captions, err)
	}
}

func TestRunIsolatesAPictureThatCannotBeEncoded(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("green.png", green)
	r.write("blue.png", blue)
	r.encoder.refuse = func(input []uint8) error {
		if input[0] > 200 { // the red channel
			return errors.New("too red")
		}
		return nil
	}
	s := r.run(nil)
	if len(s.Skipped) != 1 || s.Skipped[0].Reason != reasonEncode || s.Added != 2 {
		t.Errorf("%+v", s)
	}
	r.encoder.refuse = func([]uint8) error { return errors.New("out of order") }
	r.touch("red.png")
	r.write("violet.png", violet)
	if _, err := r.try(nil); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("an encoder that fails on everything gives %v", err)
	}
}

func TestRunStopsAndGoesOn(t *testing.T) {
	r := newRig(t)
	const pictures = 40
	for i := range pictures {
		r.write(fmt.Sprintf("p%02d.png", i), picture(color.RGBA{R: uint8(6 * i), G: uint8(250 - 6*i), B: 40}))
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.encoder.refuse = func([]uint8) error {
		if r.encoder.encoded.Load() >= 12 {
			cancel()
		}
		return nil
	}
	s, err := Run(ctx, r.store, Options{Dirs: []string{r.folder}, Encoder: r.encoder, Batch: 4})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled run gives %v", err)
	}
	if s.Added == 0 || s.Added == pictures {
		t.Errorf("%d of %d pictures were taken in before the end", s.Added, pictures)
	}
	r.encoder.refuse = nil
	again := r.run(nil)
	if again.Added+s.Added != pictures || int(r.encoder.encoded.Load()) != again.Added {
		t.Errorf("first %d, then %d, %d encoded", s.Added, again.Added, r.encoder.encoded.Load())
	}
	if len(r.ids()) != pictures {
		t.Errorf("%d documents", len(r.ids()))
	}
}

func TestRunErrors(t *testing.T) {
	r := newRig(t)
	if _, err := r.try(nil); !errors.Is(err, ErrNoPictures) || !strings.Contains(err.Error(), r.folder) {
		t.Errorf("an empty folder gives %v", err)
	}
	_, err := r.try(func(o *Options) { o.Dirs = []string{r.path("none")} })
	if err == nil || !strings.Contains(err.Error(), r.path("none")) {
		t.Errorf("a missing folder gives %v", err)
	}
}

// A run that was killed after it had hidden a moved picture's document leaves it to the next one, which prefers it to a
// copy that has been gone for longer.
func TestMoveThatWasCutOff(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		r.write(name, red)
	}
	r.write("other.png", green)
	r.run(nil)
	first := r.ids()
	for _, gone := range []string{"a.png", "c.png"} {
		r.remove(gone)
		if s := r.run(nil); s.Hidden != 1 {
			t.Fatalf("%s: %+v", gone, s)
		}
	}
	r.rename("b.png", "moved.png")
	if err := r.store.Hide(context.Background(), first["b.png"]); err != nil {
		t.Fatal(err)
	}
	if s := r.run(nil); s.Moved != 1 || s.Added != 0 {
		t.Errorf("%+v", s)
	}
	if got := r.ids()["moved.png"]; got != first["b.png"] {
		t.Errorf("the moved picture is document %d, it was %d", got, first["b.png"])
	}
	r.write("again.png", red)
	r.remove("moved.png")
	r.run(nil)
	r.write("c.png", red)
	if r.run(nil); r.ids()["c.png"] != first["c.png"] {
		t.Errorf("the picture that is back at its path is document %d, it was %d", r.ids()["c.png"], first["c.png"])
	}
}
