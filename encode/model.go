package encode

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"sync"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
	"clipsearch/encode/token"
	"clipsearch/internal/vec"
)

// Options say where and how a model runs. The zero value lets the machine decide.
type Options struct {
	// Device is auto, cpu, cuda or cuda:N; "" is auto: the first CUDA device if libtorch finds one, else the CPU.
	Device string
	// Precision is auto, f32, bf16 or f16; "" is auto: f16 on CUDA, bf16 on CPUs with instructions for it, else f32.
	Precision string
	// Threads is how many CPU threads the encoder uses; 0 is one for each physical core.
	Threads int
	// Warn is told, once, when a CUDA device's memory does not suffice and the CPU takes its place; may be nil.
	Warn func(message string)
}

// Info describes a loaded model.
type Info struct {
	ID         string  // fingerprint of architecture, weights and pre-processing
	Dir        string  // where it was opened
	Dims       int     // length of a vector
	InputSize  int     // px that the shorter side of a picture is scaled to
	Context    int     // tokens of a text, start and end included
	Params     int64   // weights of both towers
	LogitScale float32 // natural logarithm of the factor that turns similarities into logits
	Device     string  // cpu or cuda:N
	Precision  string  // of the towers: f32, bf16 or f16
}

// Model is a loaded dual encoder. It is safe for concurrent use; batches run one after the other.
type Model struct {
	pixels    pixel.Spec
	tokenizer *token.Tokenizer
	options   Options
	trained   bool // the weights are not those of the checkpoint: they are in no file that could be read again

	mu      sync.Mutex // guards what follows, which changes when the CPU takes a device's place
	info    Info
	backend backend
}

// Open loads the checkpoint in a model directory; checkpoint.Open says what may be there. The caller closes the model. In a
// program built without the native backend it returns ErrNoBackend whatever dir holds.
func Open(dir string, options Options) (*Model, error) {
	if !haveBackend {
		return nil, ErrNoBackend
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		return nil, err
	}
	defer c.Close() // read only, and the backend has copied the weights
	b, err := openBackend(c, options)
	if errors.Is(err, ErrMemory) {
		options.warn(err)
		b, err = openBackend(c, options.onCPU())
	}
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	return newModel(c, b, options), nil
}

// newModel returns the model of a checkpoint that b runs.
func newModel(c *checkpoint.Checkpoint, b backend, options Options) *Model {
	return &Model{
		options: options,
		info: Info{
			ID:         c.ID,
			Dir:        c.Dir,
			Dims:       c.Config.Dims,
			InputSize:  c.Pixels.Resize,
			Context:    c.Config.Text.Context,
			Params:     c.Config.Params(),
			LogitScale: c.Config.LogitScale,
			Device:     b.Device(),
			Precision:  b.Precision(),
		},
		pixels:    c.Pixels,
		tokenizer: c.Tokenizer,
		backend:   b,
	}
}

// Info describes the model.
func (m *Model) Info() Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.info
}

// LogitScale returns the factor that turns similarities into logits, exp(Info().LogitScale).
func (m *Model) LogitScale() float64 { return math.Exp(float64(m.Info().LogitScale)) }

// InputSize returns Info().InputSize: Prepare would enlarge a picture whose shorter side has fewer px.
func (m *Model) InputSize() int { return m.pixels.Resize }

// Prepare returns the image tower's input for an upright, opaque picture: [3, S, S] planar RGB, S being the side of the
// square that it sees, resized and cropped as in training; the tower normalises it. Safe for concurrent use.
func (m *Model) Prepare(img *image.RGBA) []uint8 {
	planes := make([]uint8, m.pixels.Len()) // [3, S, S]
	m.pixels.Planes(img, planes)
	return planes
}

// PrepareWhole is Prepare for a picture that is to be seen to its edges: it is squashed to a square, and nothing is cropped.
// A part of a larger picture (image.RGBA.SubImage) is prepared as if it were all there is.
func (m *Model) PrepareWhole(img *image.RGBA) []uint8 {
	spec := m.pixels
	spec.Resize, spec.Squash = spec.Crop, true
	planes := make([]uint8, spec.Len()) // [3, S, S]
	spec.Planes(img, planes)
	return planes
}

// EncodePixels returns the unit vector [Dims] of each prepared picture, in order. Any number of pictures may be given; they
// are run in batches that suit the device. The error wraps ctx's if that ended first, ErrClosed, or ErrBadVector with the
// number of the picture, counted from 0.
func (m *Model) EncodePixels(ctx context.Context, batch [][]uint8) ([][]float32, error) {
	vectors, err := on(m, func(b backend) ([][]float32, error) { return b.Images(ctx, batch) })
	if err != nil {
		return nil, fmt.Errorf("encode pictures: %w", err)
	}
	if i, err := normalize(vectors); err != nil {
		return nil, fmt.Errorf("encode picture %d of %d: %w", i, len(batch), err)
	}
	return vectors, nil
}

// EncodePatches returns, for each prepared picture, the unit vector [Dims] of each of its patches, which are a square grid,
// row by row: what a text's vector says about that part of the picture. What does not fill a patch at the right and at the
// bottom has none; published towers leave nothing over. It costs about as much as EncodePixels, and errors are the same.
func (m *Model) EncodePatches(ctx context.Context, batch [][]uint8) ([][][]float32, error) {
	pictures, err := on(m, func(b backend) ([][][]float32, error) { return b.Patches(ctx, batch) })
	if err != nil {
		return nil, fmt.Errorf("encode patches: %w", err)
	}
	for i, patches := range pictures {
		if patch, err := normalize(patches); err != nil {
			return nil, fmt.Errorf("encode patch %d of picture %d of %d: %w", patch, i, len(batch), err)
		}
	}
	return pictures, nil
}

// EncodeTexts returns the unit vector [Dims] of each text, in order. A text longer than the context length is cut; an empty
// one has a vector too. Errors are those of EncodePixels.
func (m *Model) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	ids := make([][]int32, len(texts))
	context := m.Info().Context
	for i, text := range texts {
		ids[i] = m.tokenizer.Encode(text, context)
	}
	vectors, err := on(m, func(b backend) ([][]float32, error) { return b.Texts(ctx, ids) })
	if err != nil {
		return nil, fmt.Errorf("encode texts: %w", err)
	}
	if i, err := normalize(vectors); err != nil {
		return nil, fmt.Errorf("encode text %q: %w", texts[i], err)
	}
	return vectors, nil
}

// Close frees the model. It waits for a batch that is running; calls that want more than that end with ErrClosed.
func (m *Model) Close() error { return m.current().Close() }

// normalize scales embeddings to unit length in place. On error it returns the index of the one that has no direction.
func normalize(embeddings [][]float32) (int, error) {
	for i, v := range embeddings {
		norm := float64(vec.Normalize(v))
		if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
			return i, fmt.Errorf("%w: its length is %g", ErrBadVector, norm)
		}
	}
	return 0, nil
}

// HasBackend reports whether this program can encode at all, that is, whether it was built with the tag native.
func HasBackend() bool { return haveBackend }
