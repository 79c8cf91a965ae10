// Package encodetest is a dual encoder for tests: without libtorch, without weights, deterministic, and with vectors that
// mean something a test can predict. A picture's vector follows its mean colour, a text's the colours that it names, so
// "red" finds the reddest picture.
//
// The zero Encoder is ready. Its methods are those of encode.Model, apart from Info. It knows nothing but colour, and is no
// part of the program.
package encodetest

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
	"sync/atomic"
	"unicode"

	"clipsearch/internal/vec"
)

// Dims is the length of every vector: one number for each colour of the palette.
const Dims = len(palette)

// inputSize is the side in pixels of a prepared picture: enough for a mean colour.
const inputSize = 8

// cells is how many cells the grid of a prepared picture has.
const cells = inputSize * inputSize

// ErrClosed says that the encoder was closed.
var ErrClosed = errors.New("the test encoder is closed")

// Encoder is the dual encoder. It is safe for concurrent use.
type Encoder struct{ closed atomic.Bool }

// ID returns the model ID, always the same.
func (e *Encoder) ID() string { return "encodetest-colours-1" }

// Dims returns the length of every vector.
func (e *Encoder) Dims() int { return Dims }

// InputSize returns the length in px that the shorter side of a picture should at least have.
func (e *Encoder) InputSize() int { return inputSize }

// Prepare returns [3, 8, 8]: the mean red, green and blue of each cell of a grid laid over the picture.
func (e *Encoder) Prepare(img *image.RGBA) []uint8 {
	input := make([]uint8, 3*cells)
	b := img.Bounds()
	for cell := range cells {
		x, y := cell%inputSize, cell/inputSize
		part := image.Rect(
			b.Min.X+x*b.Dx()/inputSize, b.Min.Y+y*b.Dy()/inputSize,
			b.Min.X+(x+1)*b.Dx()/inputSize, b.Min.Y+(y+1)*b.Dy()/inputSize)
		part.Max.X, part.Max.Y = max(part.Max.X, part.Min.X+1), max(part.Max.Y, part.Min.Y+1) // pictures below 8 px
		for channel, mean := range meanColour(img, part) {
			input[channel*cells+cell] = uint8(math.Round(255 * mean))
		}
	}
	return input
}

// PrepareWhole is Prepare, which crops nothing either.
func (e *Encoder) PrepareWhole(img *image.RGBA) []uint8 { return e.Prepare(img) }

// LogitScale returns the factor that turns similarities into logits.
func (e *Encoder) LogitScale() float64 { return 20 }

// EncodePixels returns the unit vector [Dims] of each prepared picture, in order.
func (e *Encoder) EncodePixels(ctx context.Context, batch [][]uint8) ([][]float32, error) {
	if err := e.check(ctx); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(batch))
	for i, input := range batch {
		if len(input) != 3*cells {
			return nil, fmt.Errorf("encode picture %d of %d: %d numbers, not %d", i, len(batch), len(input), 3*cells)
		}
		var mean rgb
		for j, x := range input {
			mean[j/cells] += float64(x) / 255 / cells
		}
		vectors[i] = unit(direction(mean))
	}
	return vectors, nil
}

// EncodePatches returns, for each prepared picture, the unit vectors [Dims] of the 8×8 cells of its grid, row by row.
func (e *Encoder) EncodePatches(ctx context.Context, batch [][]uint8) ([][][]float32, error) {
	if err := e.check(ctx); err != nil {
		return nil, err
	}
	pictures := make([][][]float32, len(batch))
	for i, input := range batch {
		if len(input) != 3*cells {
			return nil, fmt.Errorf("encode patches of picture %d of %d: %d numbers, not %d", i, len(batch), len(input), 3*cells)
		}
		for cell := range cells {
			colour := rgb{float64(input[cell]) / 255, float64(input[cells+cell]) / 255, float64(input[2*cells+cell]) / 255}
			pictures[i] = append(pictures[i], unit(direction(colour)))
		}
	}
	return pictures, nil
}

// EncodeTexts returns the unit vector [Dims] of each text, in order: midway between the colours of the palette that it names
// as whole words, in any case; if it names none, a direction that depends on the text alone.
func (e *Encoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	if err := e.check(ctx); err != nil {
		return nil, err
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = textVector(text)
	}
	return vectors, nil
}

// Close makes every later call of EncodePixels, EncodePatches and EncodeTexts an ErrClosed.
func (e *Encoder) Close() error {
	e.closed.Store(true)
	return nil
}

// check returns why nothing may be encoded, or nil.
func (e *Encoder) check(ctx context.Context) error {
	if e.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}

// meanColour returns the mean of a part of a picture, which it overlaps.
func meanColour(img *image.RGBA, part image.Rectangle) rgb {
	var sum rgb
	part = part.Intersect(img.Bounds())
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c := img.RGBAAt(x, y)
			sum[0] += float64(c.R)
			sum[1] += float64(c.G)
			sum[2] += float64(c.B)
		}
	}
	for i := range sum {
		sum[i] /= 255 * float64(max(1, part.Dx()*part.Dy()))
	}
	return sum
}

// textVector returns the vector of one text.
func textVector(text string) []float32 {
	var sum [Dims]float64
	named := false
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		for _, colour := range palette {
			if word == colour.name || word == "grey" && colour.name == "gray" {
				named = true
				for i, x := range direction(colour.rgb) {
					sum[i] += x
				}
			}
		}
	}
	if !named {
		for i, x := range randomVector(text, Dims) {
			sum[i] = float64(x)
		}
	}
	return unit(sum)
}

// unit returns v scaled to length 1.
func unit(v [Dims]float64) []float32 {
	out := make([]float32, Dims)
	for i, x := range v {
		out[i] = float32(x)
	}
	vec.Normalize(out)
	return out
}

// direction returns how near a colour is to each of the palette: 1 where it is the same, falling to 0 with the distance.
func direction(c rgb) [Dims]float64 {
	const reach = 0.35 // of the cube of side 1: neighbours in the palette overlap a little
	var v [Dims]float64
	for i, colour := range palette {
		var d2 float64
		for j := range c {
			d2 += (c[j] - colour.rgb[j]) * (c[j] - colour.rgb[j])
		}
		v[i] = math.Exp(-d2 / (2 * reach * reach))
	}
	return v
}
