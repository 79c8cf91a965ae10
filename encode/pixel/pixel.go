// Package pixel turns a picture into the input of an image tower: resize and centre crop, and how to normalise it.
//
// A [Spec] says how a checkpoint wants its pictures; [Spec.Planes] does it in 8 bits, as Hugging Face's CLIP image
// processor with Pillow 9.4 does. The package reads no files and no configuration, and applies no colour management.
package pixel

import (
	"errors"
	"fmt"
	"image"

	"clipsearch/internal/resample"
)

// Resample is a resize filter, always antialiased. The zero value is Bicubic, which CLIP uses.
type Resample = resample.Filter

// The filters that published checkpoints use.
const (
	Bicubic  = resample.Bicubic
	Bilinear = resample.Bilinear
)

// ErrSpec reports a Spec that no tensor can be made with.
var ErrSpec = errors.New("pixel: invalid picture specification")

// ResampleOf returns the filter that Pillow numbers code (2 bilinear, 3 bicubic), as preprocessor_config.json
// gives it. Other filters, and numbers that are none, are errors that name them.
func ResampleOf(code int) (Resample, error) {
	switch code {
	case 2:
		return Bilinear, nil
	case 3:
		return Bicubic, nil
	case 0:
		return 0, fmt.Errorf("%w: resample 0 (nearest) is not supported, only 2 (bilinear) and 3 (bicubic)", ErrSpec)
	case 1:
		return 0, fmt.Errorf("%w: resample 1 (Lanczos) is not supported, only 2 (bilinear) and 3 (bicubic)", ErrSpec)
	}
	return 0, fmt.Errorf("%w: resample %d is not supported, only 2 (bilinear) and 3 (bicubic)", ErrSpec, code)
}

// Spec says how pictures become tensors. It is comparable; equal specs make equal tensors.
type Spec struct {
	Resize   int        // px: length of the shorter side after resizing; of both sides if Squash
	Squash   bool       // resize to a Resize×Resize square whatever the aspect
	Crop     int        // px: edge of the centre square that is the tensor; padded with black where larger than the picture
	Mean     [3]float32 // of R, G, B in [0, 1]: subtracted
	Std      [3]float32 // of R, G, B: divided by; none zero
	Resample Resample   // zero value: Bicubic
}

// CLIP returns the published pre-processing of CLIP for an image tower of size px (openai/CLIP, clip.py).
func CLIP(size int) Spec {
	return Spec{
		Resize: size,
		Crop:   size,
		Mean:   [3]float32{0.48145466, 0.4578275, 0.40821073},
		Std:    [3]float32{0.26862954, 0.26130258, 0.27577711},
	}
}

// Validate returns an ErrSpec that says what is wrong with s, or nil.
func (s Spec) Validate() error {
	const most = 1 << 14 // px: far above any published tower, far below overflow
	if s.Resize < 1 || s.Resize > most || s.Crop < 1 || s.Crop > most {
		return fmt.Errorf("%w: resize to %d and crop to %d px", ErrSpec, s.Resize, s.Crop)
	}
	for c, std := range s.Std {
		if !(std > 0) || s.Mean[c] != s.Mean[c] {
			return fmt.Errorf("%w: mean %v, std %v", ErrSpec, s.Mean, s.Std)
		}
	}
	if s.Resample != Bicubic && s.Resample != Bilinear {
		return fmt.Errorf("%w: resample %v", ErrSpec, s.Resample)
	}
	return nil
}

// Len returns the number of values of a tensor: 3·Crop·Crop.
func (s Spec) Len() int { return 3 * s.Crop * s.Crop }

// resized returns the size of the whole picture of w×h px after resizing, both ≥ 1
// (transformers 4.x, get_resize_output_image_size: the longer side is cut to an integer, not rounded).
func (s Spec) resized(w, h int) image.Point {
	if s.Squash {
		return image.Pt(s.Resize, s.Resize)
	}
	if w <= h {
		return image.Pt(s.Resize, int(float64(s.Resize*h)/float64(w)))
	}
	return image.Pt(int(float64(s.Resize*w)/float64(h)), s.Resize)
}
