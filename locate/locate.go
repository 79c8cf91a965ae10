package locate

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
)

// Encoder is the dual encoder that Find asks: *encode.Model is one. Vectors have unit norm and one length.
type Encoder interface {
	// PrepareWhole returns the image tower's input for all of a picture, or of a part of one, whatever its aspect.
	PrepareWhole(img *image.RGBA) []uint8
	// EncodePixels returns a vector for each input.
	EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error)
	// EncodePatches returns, for each input, a vector for each patch of a square grid, row by row.
	EncodePatches(ctx context.Context, inputs [][]uint8) ([][][]float32, error)
	// EncodeTexts returns a vector for each text.
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	// LogitScale is the factor that turns similarities into logits.
	LogitScale() float64
}

// Method says what is looked at. The zero value is Tiles.
type Method int

// The methods. Tiles are the default by measurement: with a small model patches find things half as well above chance, and
// both together no better than tiles (TestPastedThings). Dense takes a sixth of the time.
const (
	Tiles Method = iota // the vectors of tiles
	Dense               // the vectors of patches
	Both                // the map of tiles, refined by that of patches
)

// ParseMethod returns the method that a name (tiles, dense or both) stands for.
func ParseMethod(name string) (Method, error) {
	switch name {
	case "tiles":
		return Tiles, nil
	case "dense":
		return Dense, nil
	case "both":
		return Both, nil
	}
	return 0, fmt.Errorf("method %q: it must be tiles, dense or both", name)
}

// Errors of Find's arguments.
var (
	// ErrNoText says that there is no text to look for, or that one is blank.
	ErrNoText = errors.New("no text to look for")
	// ErrNoPicture says that the picture has no pixels.
	ErrNoPicture = errors.New("no picture to look at")
)

// Options say how to look. The zero value is good.
type Options struct {
	Method Method
	Top    int         // boxes for each text at most; 0: 1
	Size   image.Point // px: the size of the full picture, where Find is given one that was shrunk; zero: it was not
}

// Box is a part of the picture.
type Box struct {
	image.Rectangle         // px, of the full picture, upright; never empty
	Probability     float64 // that the thing is here and not elsewhere in the picture, in [0, 1]
}

// Found is where one text's thing is.
type Found struct {
	Text  string
	Boxes []Box // the most probable first; at least one; they do not overlap
	Heat  Heat
}

// Result is where the things of all texts are.
type Result struct {
	Size  image.Point // px, of the full picture
	Texts []Found     // in the order of the texts

	picture *image.RGBA
}

// Find looks for each text's thing in a picture, which is upright, opaque and not changed later. At least twice the
// encoder's input size across the shorter side helps; more than four times changes nothing. The errors are ErrNoText,
// ErrNoPicture, and the encoder's.
func Find(ctx context.Context, encoder Encoder, picture *image.RGBA, texts []string, opts Options) (Result, error) {
	if err := check(texts); err != nil {
		return Result{}, err
	}
	seen, err := Look(ctx, encoder, picture, opts.Method)
	if err != nil {
		return Result{}, err
	}
	return seen.Find(ctx, encoder, texts, opts)
}

// Seen is a picture that has been looked at: things are found in it without looking again. It is safe for concurrent use.
type Seen struct {
	picture *image.RGBA
	looks   looks
}

// Look looks at a picture as Find does, and remembers it.
func Look(ctx context.Context, encoder Encoder, picture *image.RGBA, method Method) (*Seen, error) {
	if picture == nil || picture.Rect.Empty() {
		return nil, ErrNoPicture
	}
	looks, err := look(ctx, encoder, picture, method)
	if err != nil {
		return nil, err
	}
	return &Seen{picture, looks}, nil
}

// Find is the function Find for a picture that has been looked at, in the way that it was: opts.Method means nothing here.
// encoder is the one that looked.
func (s *Seen) Find(ctx context.Context, encoder Encoder, texts []string, opts Options) (Result, error) {
	if err := check(texts); err != nil {
		return Result{}, err
	}
	words, err := encoder.EncodeTexts(ctx, texts)
	if err != nil {
		return Result{}, err
	}
	size := s.picture.Rect.Size()
	if opts.Size == (image.Point{}) {
		opts.Size = size
	}
	result := Result{Size: opts.Size, picture: s.picture}
	for i, text := range texts {
		heat := s.looks.heat(words[i], encoder.LogitScale(), size)
		result.Texts = append(result.Texts, Found{Text: text, Heat: heat, Boxes: heat.boxes(max(1, opts.Top), opts.Size)})
	}
	return result, nil
}

// check returns what is wrong with texts.
func check(texts []string) error {
	if len(texts) == 0 {
		return ErrNoText
	}
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("%w: text %d of %d is blank", ErrNoText, i+1, len(texts))
		}
	}
	return nil
}
