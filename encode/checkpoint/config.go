package checkpoint

import "fmt"

// Config is the shape of a dual encoder.
type Config struct {
	Vision VisionConfig
	Text   TextConfig
	// Dims is the length of an embedding: the width of both projections.
	Dims int
	// LogitScale is the natural logarithm of what similarities are multiplied
	// with in training. Open reads it from the weights.
	LogitScale float32
}

// TowerConfig is what both towers, transformers with pre-normalisation, have.
type TowerConfig struct {
	Width  int // of the residual stream
	Layers int
	Heads  int // divides Width
	MLP    int // width of the hidden layer of a block's MLP
	// Activation is between the MLP's two layers: QuickGELU or GELU.
	Activation string
	Eps        float64 // of every layer norm
}

// The activations.
const (
	QuickGELU = "quick_gelu" // x·σ(1.702x), OpenAI's
	GELU      = "gelu"       // exact: x·Φ(x)
)

// VisionConfig is the shape of the image tower.
type VisionConfig struct {
	TowerConfig
	ImageSize int // px, square
	Patch     int // px, square
}

// Patches returns how many patches a picture is cut into. The tower's sequence
// is one token longer: the class token comes first.
func (v VisionConfig) Patches() int { return (v.ImageSize / v.Patch) * (v.ImageSize / v.Patch) }

// TextConfig is the shape of the text tower.
type TextConfig struct {
	TowerConfig
	Vocab   int // rows of the token embedding
	Context int // tokens a text may have, start and end included
	// EOS says where a text is pooled: 2 at its highest id (as in configurations
	// older than pull request 24773 of transformers), anything else at the first
	// token that equals it. Open makes sure that this is the tokenizer's end
	// token, and what is written has that.
	EOS int32
}

// legacyEOS is the eos_token_id that stands for "pool at the highest id"
// (transformers, CLIPTextTransformer.forward).
const legacyEOS = 2

// Limits of what is taken for a configuration rather than for nonsense. The
// largest published CLIP towers have width 1,792, 48–64 layers, MLPs of 15,360
// and vocabularies of 250,000.
const (
	maxWidth   = 1 << 16
	maxLayers  = 1 << 10
	maxVocab   = 1 << 24
	maxContext = 1 << 16
	maxImage   = 1 << 14
)

// Params returns the number of weights.
func (c Config) Params() int64 {
	var n int64
	for _, w := range weightsOf(c) {
		n += int64(elements(w.shape))
	}
	return n
}

// check says what no model can have: ErrConfig with the quantity's name.
func (c Config) check() error {
	for _, q := range []struct {
		name       string
		value, max int
	}{
		{"image width", c.Vision.Width, maxWidth}, {"image layers", c.Vision.Layers, maxLayers},
		{"image heads", c.Vision.Heads, maxWidth}, {"image MLP", c.Vision.MLP, maxWidth},
		{"image size", c.Vision.ImageSize, maxImage}, {"patch size", c.Vision.Patch, c.Vision.ImageSize},
		{"text width", c.Text.Width, maxWidth}, {"text layers", c.Text.Layers, maxLayers},
		{"text heads", c.Text.Heads, maxWidth}, {"text MLP", c.Text.MLP, maxWidth},
		{"vocabulary", c.Text.Vocab, maxVocab}, {"context length", c.Text.Context, maxContext},
		{"embedding dims", c.Dims, maxWidth},
	} {
		if q.value < 1 || q.value > q.max {
			return fmt.Errorf("%w: %s %d is not within 1 to %d", ErrConfig, q.name, q.value, q.max)
		}
	}
	if c.Text.Context < 2 {
		return fmt.Errorf("%w: a context length of %d has no room for start and end token", ErrConfig, c.Text.Context)
	}
	if err := c.Vision.TowerConfig.check("image"); err != nil {
		return err
	}
	return c.Text.TowerConfig.check("text")
}

// check says what no tower can have; the ranges are checked already.
func (t TowerConfig) check(tower string) error {
	switch {
	case t.Width%t.Heads != 0:
		return fmt.Errorf("%w: %d %s heads do not divide the width %d", ErrConfig, t.Heads, tower, t.Width)
	case !(t.Eps > 0 && t.Eps < 1):
		return fmt.Errorf("%w: %s layer norm epsilon %g is not within 0 to 1", ErrConfig, tower, t.Eps)
	case t.Activation != QuickGELU && t.Activation != GELU:
		return fmt.Errorf("%w: %s activation %q (known are %s and %s)", ErrUnsupported, tower, t.Activation, QuickGELU, GELU)
	}
	return nil
}
