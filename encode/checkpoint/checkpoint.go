package checkpoint

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"clipsearch/encode/pixel"
	"clipsearch/encode/token"
)

// Checkpoint is an open model directory. Its fields do not change; its methods
// are safe for concurrent use.
type Checkpoint struct {
	Dir    string // as given to Open
	Layout string // "Hugging Face" or "OpenCLIP"
	// Files are the paths of the weights, sorted: one, or the shards.
	Files  []string
	Config Config
	// Pixels says how pictures are prepared; its Crop is Config.Vision.ImageSize.
	Pixels pixel.Spec
	// Tokenizer's ids are all below Config.Text.Vocab.
	Tokenizer *token.Tokenizer
	// ID tells models apart: "clip-" and the hexadecimal SHA-256 of architecture,
	// weights and pre-processing (identity.go says how). Two directories with the
	// same ID make the same embeddings of pictures, whatever form their files have.
	ID string
	// WeightsSHA256 is the hexadecimal SHA-256 of the weights' names, types,
	// shapes and values. It is not that of a file.
	WeightsSHA256 string

	mu      sync.Mutex
	weights map[string]stored // nil after Close
	files   weightFiles
}

// Open opens a Hugging Face or OpenCLIP directory and checks everything in it
// but the values of its weights, for which there is Verify. It reads all weights
// once, to identify the model. Errors are an *Error; the caller closes the
// checkpoint.
func Open(dir string) (*Checkpoint, error) {
	if err := checkDir(dir); err != nil {
		return nil, err
	}
	l, form, err := findLayout(dir)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Dir: dir, Layout: l.name}
	if err := c.readConfig(l); err != nil {
		return nil, err
	}
	if err := c.readWeights(l, form); err != nil {
		c.files.Close()
		return nil, err
	}
	c.WeightsSHA256 = hashWeights(c.weights)
	c.ID = identify(c.Config, c.Pixels, c.WeightsSHA256)
	return c, nil
}

// checkDir says why dir is no directory.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return pathFault(dir, err)
	}
	if !info.IsDir() {
		return faultf(dir, "%w: it is a file", ErrNotCheckpoint).advise("name the directory that holds the model's files")
	}
	return nil
}

// readConfig reads what is not weights.
func (c *Checkpoint) readConfig(l layout) (err error) {
	if c.Config, err = l.config(c.Dir); err != nil {
		return err
	}
	if c.Pixels, err = l.pixels(c.Dir, c.Config.Vision.ImageSize); err != nil {
		return err
	}
	c.Tokenizer, err = openTokenizer(c.Dir, filepath.Join(c.Dir, l.configFile), c.Config.Text)
	if err == nil && c.Config.Text.EOS == unknownEOS {
		c.Config.Text.EOS = c.Tokenizer.End()
	}
	return err
}

// readWeights maps the weights and checks them against the configuration.
func (c *Checkpoint) readWeights(l layout, form weightsForm) (err error) {
	if c.files, err = openWeights(c.Dir, form); err != nil {
		return err
	}
	for _, f := range c.files {
		c.Files = append(c.Files, f.path)
	}
	entries, err := c.files.merge()
	if err != nil {
		return err
	}
	if c.weights, err = fit(filepath.Join(c.Dir, form.file), l.slots(c.Config, entries), entries); err != nil {
		return err
	}
	c.Config.LogitScale = c.weights[logitScale].dense().Float32s()[0]
	if s := float64(c.Config.LogitScale); math.IsNaN(s) || math.IsInf(s, 0) {
		return tensorFaultf(entries[logitScale].file, logitScale, "%w: %v", ErrNotFinite, s)
	}
	return nil
}

// Names returns the names of all weights, sorted; they are Hugging Face's
// whatever the layout. It returns nil after Close.
func (c *Checkpoint) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return sortedKeys(c.weights)
}

// Tensor returns the weight of that name, ErrNoTensor if there is none and
// ErrClosed after Close. Its Data are not valid after Close, and may only be
// read. A weight that is stored in 8 bits comes as F32, in new memory.
func (c *Checkpoint) Tensor(name string) (Tensor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.weights == nil {
		return Tensor{}, fmt.Errorf("tensor %s: %w", name, ErrClosed)
	}
	w, ok := c.weights[name]
	if !ok {
		return Tensor{}, fmt.Errorf("tensor %s: %w", name, ErrNoTensor)
	}
	t := w.dense()
	t.Shape = slices.Clone(t.Shape)
	return t, nil
}

// Close unmaps the weights. A second call does nothing.
func (c *Checkpoint) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := c.files
	c.weights, c.files = nil, nil
	return files.Close()
}
