package checkpoint

import (
	"path/filepath"
	"slices"

	"clipsearch/encode/pixel"
)

// layout is a way of laying a checkpoint out in a directory.
type layout struct {
	name       string
	configFile string
	weights    []weightsForm // in order of preference
	config     func(dir string) (Config, error)
	pixels     func(dir string, imageSize int) (pixel.Spec, error)
	slots      func(Config, map[string]entry) []slot
}

// weightsForm is a file that may hold the weights, or the index of its shards.
type weightsForm struct {
	file  string
	index bool
	parse func(path string, data []byte) (map[string]entry, error)
}

// layouts lists the known ones, the preferred first: OpenCLIP's repositories
// often hold both.
func layouts() []layout {
	return []layout{
		{
			name:       "Hugging Face",
			configFile: configFile,
			weights: []weightsForm{
				{"model.safetensors", false, parseSafetensors},
				{"model.safetensors.index.json", true, parseSafetensors},
				{"pytorch_model.bin", false, parseTorch},
				{"pytorch_model.bin.index.json", true, parseTorch},
			},
			config: readHFConfig,
			pixels: readProcessor,
			slots:  func(c Config, _ map[string]entry) []slot { return huggingFaceSlots(c) },
		},
		{
			name:       "OpenCLIP",
			configFile: openCLIPFile,
			weights: []weightsForm{
				{"open_clip_model.safetensors", false, parseSafetensors},
				{"open_clip_pytorch_model.bin", false, parseTorch},
			},
			config: readOpenCLIPConfig,
			pixels: readOpenCLIPPixels,
			slots:  openCLIPSlots,
		},
	}
}

// findLayout returns the layout of a directory, the first of which configuration
// and weights are there, and the file that holds the weights. A config.json of
// another kind of model gives way: timm's repositories keep one beside OpenCLIP's
// files.
func findLayout(dir string) (layout, weightsForm, error) {
	type found struct {
		layout
		form weightsForm
	}
	var complete []found
	var withConfig string
	for _, l := range layouts() {
		if !exists(filepath.Join(dir, l.configFile)) {
			continue
		}
		if i := slices.IndexFunc(l.weights, func(w weightsForm) bool { return exists(filepath.Join(dir, w.file)) }); i >= 0 {
			complete = append(complete, found{l, l.weights[i]})
		} else if withConfig == "" {
			withConfig = l.configFile
		}
	}
	switch {
	case len(complete) > 1 && modelType(dir) != clipType:
		return complete[1].layout, complete[1].form, nil
	case len(complete) > 0:
		return complete[0].layout, complete[0].form, nil
	case withConfig != "":
		return layout{}, weightsForm{}, faultf(dir, "%w: it has %s but no weights (such as model.safetensors)", ErrNotCheckpoint, withConfig)
	}
	return layout{}, weightsForm{}, faultf(dir, "%w: it has no %s and no %s", ErrNotCheckpoint, configFile, openCLIPFile)
}
