package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"clipsearch/encode/pixel"
)

// The files that say how pictures are prepared; the second is what transformers
// 5 writes, with the same object under image_processor.
const (
	preprocessorFile = "preprocessor_config.json"
	processorFile    = "processor_config.json"
)

// hfProcessor is preprocessor_config.json of a Hugging Face CLIP.
type hfProcessor struct {
	DoResize    *bool     `json:"do_resize"`
	DoCrop      *bool     `json:"do_center_crop"`
	DoRescale   *bool     `json:"do_rescale"`
	DoNormalize *bool     `json:"do_normalize"`
	Size        *hfSize   `json:"size"`
	Crop        *hfSize   `json:"crop_size"`
	Resample    *int      `json:"resample"`
	Rescale     *float64  `json:"rescale_factor"`
	Mean        []float32 `json:"image_mean"`
	Std         []float32 `json:"image_std"`
}

// hfSize is a size in any of its forms: a number, {"shortest_edge": n}, or
// {"height": h, "width": w}.
type hfSize struct {
	number, shortest, height, width int // px, 0 where not given
}

// UnmarshalJSON reads any of the forms.
func (s *hfSize) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return json.Unmarshal(data, &s.number)
	}
	var form struct {
		Shortest int `json:"shortest_edge"`
		Height   int `json:"height"`
		Width    int `json:"width"`
	}
	err := json.Unmarshal(data, &form)
	s.shortest, s.height, s.width = form.Shortest, form.Height, form.Width
	return err
}

// readProcessor reads how a Hugging Face directory wants its pictures; without
// a file, as CLIP does.
func readProcessor(dir string, imageSize int) (pixel.Spec, error) {
	path := filepath.Join(dir, preprocessorFile)
	if exists(path) {
		data, err := readText(path)
		if err != nil {
			return pixel.Spec{}, err
		}
		return parseProcessor(path, data, imageSize)
	}
	path = filepath.Join(dir, processorFile)
	if !exists(path) {
		return pixel.CLIP(imageSize), nil
	}
	data, err := readText(path)
	if err != nil {
		return pixel.Spec{}, err
	}
	var outer struct {
		Image json.RawMessage `json:"image_processor"`
	}
	if err := parseJSON(path, data, &outer); err != nil {
		return pixel.Spec{}, err
	}
	if outer.Image == nil {
		return pixel.CLIP(imageSize), nil
	}
	return parseProcessor(path, outer.Image, imageSize)
}

// parseProcessor reads preprocessor_config.json. What it leaves out is as CLIP
// does it, at the size of the image tower.
func parseProcessor(path string, data []byte, imageSize int) (pixel.Spec, error) {
	var h hfProcessor
	if err := parseJSON(path, data, &h); err != nil {
		return pixel.Spec{}, err
	}
	spec := pixel.CLIP(imageSize)
	for _, step := range []func(hfProcessor, *pixel.Spec) error{
		hfProcessor.resize, hfProcessor.crop, hfProcessor.scale, hfProcessor.normalize,
	} {
		if err := step(h, &spec); err != nil {
			return pixel.Spec{}, &Error{Path: path, Err: err}
		}
	}
	return spec, checkSpec(path, spec, imageSize)
}

// checkSpec says what is wrong with a pre-processing for an image tower.
func checkSpec(path string, spec pixel.Spec, imageSize int) error {
	if err := spec.Validate(); err != nil {
		return &Error{Path: path, Err: err}
	}
	if spec.Crop != imageSize {
		return faultf(path, "%w: pictures of %d px for an image tower of %d px", ErrMisfit, spec.Crop, imageSize)
	}
	return nil
}

// resize sets the size before the crop.
func (h hfProcessor) resize(spec *pixel.Spec) error {
	if !or(h.DoResize, true) {
		return fmt.Errorf("%w: do_resize false", ErrUnsupported)
	}
	if h.Resample != nil {
		filter, err := pixel.ResampleOf(*h.Resample)
		if err != nil {
			return err
		}
		spec.Resample = filter
	}
	if h.Size == nil {
		return nil
	}
	switch s := *h.Size; {
	case s.shortest > 0 && s.height == 0 && s.width == 0:
		spec.Resize = s.shortest
	case s.height > 0 && s.height == s.width:
		spec.Resize, spec.Squash = s.height, true
	case s.number > 0:
		spec.Resize = s.number
	default:
		return fmt.Errorf("%w: size is neither a number, nor a shortest_edge, nor a square", ErrUnsupported)
	}
	return nil
}

// crop sets the size of the tower's input.
func (h hfProcessor) crop(spec *pixel.Spec) error {
	if !or(h.DoCrop, true) {
		if !spec.Squash {
			return fmt.Errorf("%w: do_center_crop false with a size that is not a square", ErrUnsupported)
		}
		spec.Crop = spec.Resize
		return nil
	}
	if h.Crop == nil {
		return nil
	}
	switch s := *h.Crop; {
	case s.height > 0 && s.height == s.width:
		spec.Crop = s.height
	case s.number > 0:
		spec.Crop = s.number
	default:
		return fmt.Errorf("%w: crop_size is not a square", ErrUnsupported)
	}
	return nil
}

// scale checks that bytes become numbers from 0 to 1.
func (h hfProcessor) scale(*pixel.Spec) error {
	const tolerance = 1e-6 // files say 0.00392156862745098
	factor := or(h.Rescale, 1.0/255)
	if !or(h.DoRescale, true) || factor < 1.0/255-tolerance || factor > 1.0/255+tolerance {
		return fmt.Errorf("%w: pixels that are not scaled by 1/255 (do_rescale, rescale_factor)", ErrUnsupported)
	}
	return nil
}

// normalize sets mean and deviation.
func (h hfProcessor) normalize(spec *pixel.Spec) error {
	if !or(h.DoNormalize, true) {
		spec.Mean, spec.Std = [3]float32{}, [3]float32{1, 1, 1}
		return nil
	}
	return setMeanStd(spec, "image_mean", h.Mean, "image_std", h.Std)
}

// setMeanStd sets the means and deviations that are given.
func setMeanStd(spec *pixel.Spec, meanName string, mean []float32, stdName string, std []float32) error {
	for _, f := range []struct {
		name string
		from []float32
		to   *[3]float32
	}{{meanName, mean, &spec.Mean}, {stdName, std, &spec.Std}} {
		switch len(f.from) {
		case 0:
		case 3:
			copy(f.to[:], f.from)
		default:
			return fmt.Errorf("%w: %s has %d numbers, not one a colour channel", ErrUnsupported, f.name, len(f.from))
		}
	}
	return nil
}
