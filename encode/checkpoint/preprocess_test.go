package checkpoint

import (
	"path/filepath"
	"testing"

	"clipsearch/encode/pixel"
	"github.com/google/go-cmp/cmp"
)

func TestParseProcessor(t *testing.T) {
	base := pixel.CLIP(224)
	with := func(edit func(*pixel.Spec)) pixel.Spec { s := base; edit(&s); return s }
	for _, test := range []struct {
		name, json string
		want       pixel.Spec
		err        error
		says       string
	}{
		{"all left out", `{}`, base, nil, ""},
		{"old form", `{"crop_size": 224, "size": 224, "resample": 3, "do_resize": true, "do_center_crop": true, "do_normalize": true, "feature_extractor_type": "CLIPFeatureExtractor",
			"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}`, base, nil, ""},
		{"new form", `{"crop_size": {"height": 224, "width": 224}, "size": {"shortest_edge": 224}, "do_rescale": true, "rescale_factor": 0.00392156862745098}`, base, nil, ""},
		{"nulls", `{"crop_size": null, "size": null, "image_mean": null, "do_resize": null, "resample": null}`, base, nil, ""},
		{"larger before the crop", `{"size": {"shortest_edge": 256}}`, with(func(s *pixel.Spec) { s.Resize = 256 }), nil, ""},
		{"squashed", `{"size": {"height": 224, "width": 224}}`, with(func(s *pixel.Spec) { s.Squash = true }), nil, ""},
		{"squashed without crop", `{"size": {"height": 224, "width": 224}, "do_center_crop": false}`, with(func(s *pixel.Spec) { s.Squash = true }), nil, ""},
		{"bilinear", `{"resample": 2}`, with(func(s *pixel.Spec) { s.Resample = pixel.Bilinear }), nil, ""},
		{"other constants", `{"image_mean": [0.5, 0.4, 0.3], "image_std": [1, 2, 3]}`, with(func(s *pixel.Spec) { s.Mean, s.Std = [3]float32{0.5, 0.4, 0.3}, [3]float32{1, 2, 3} }), nil, ""},
		{"not normalised", `{"do_normalize": false, "image_mean": [9, 9, 9]}`, with(func(s *pixel.Spec) { s.Mean, s.Std = [3]float32{}, [3]float32{1, 1, 1} }), nil, ""},
		{"not resized", `{"do_resize": false}`, base, ErrUnsupported, "do_resize"},
		{"not cropped", `{"do_center_crop": false}`, base, ErrUnsupported, "do_center_crop"},
		{"not scaled", `{"do_rescale": false}`, base, ErrUnsupported, "do_rescale"},
		{"scaled otherwise", `{"rescale_factor": 1}`, base, ErrUnsupported, "rescale_factor"},
		{"oblong", `{"size": {"height": 224, "width": 200}}`, base, ErrUnsupported, "size"},
		{"oblong crop", `{"crop_size": {"height": 224, "width": 200}}`, base, ErrUnsupported, "crop_size"},
		{"another size", `{"crop_size": 336}`, base, ErrMisfit, "336 px for an image tower of 224 px"},
		{"negative", `{"size": -1}`, base, ErrUnsupported, "size"},
		{"zero deviation", `{"image_std": [0, 1, 1]}`, base, pixel.ErrSpec, "std"},
		{"four channels", `{"image_mean": [0, 0, 0, 0]}`, base, ErrUnsupported, "image_mean has 4"},
		{"size is a word", `{"size": "large"}`, base, ErrCorrupt, "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseProcessor("preprocessor_config.json", []byte(test.json), 224)
			if test.err != nil {
				checkFault(t, err, test.err, "preprocessor_config.json", test.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestProcessorFiles: preprocessor_config.json, else the image_processor in what
// transformers 5 writes, else CLIP's.
func TestProcessorFiles(t *testing.T) {
	dir := t.TempDir()
	want := pixel.CLIP(96)
	check := func() {
		t.Helper()
		got, err := readProcessor(dir, 96)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	check()
	writeFile(t, filepath.Join(dir, processorFile), []byte(`{"processor_class": "CLIPProcessor"}`))
	check()
	writeFile(t, filepath.Join(dir, processorFile), []byte(`{"image_processor": {"size": {"shortest_edge": 100}, "crop_size": 96}}`))
	want.Resize = 100
	check()
	writeFile(t, filepath.Join(dir, preprocessorFile), []byte(`{"size": 128, "crop_size": 96}`))
	want.Resize = 128
	check()
}

func FuzzProcessor(f *testing.F) {
	for _, seed := range []string{`{}`, `{"size": 224, "crop_size": {"height": 224}}`, `{"image_std": [1, 2, 1e99]}`, `{"size": {"shortest_edge": 1e9}}`, `{"size": []}`, `{"size": "}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := parseProcessor("x", data, 224)
		if err == nil && (spec.Validate() != nil || spec.Crop != 224) {
			t.Errorf("pixels %v", spec)
		} else if err != nil && !isFault(err) {
			t.Errorf("error without a file: %v", err)
		}
	})
}
