package checkpoint

import (
	"fmt"
	"slices"
	"strings"
)

// wantedFiles are the small files that may belong to a checkpoint, whatever its layout.
var wantedFiles = []string{
	preprocessorFile, processorFile, vocabFile, mergesFile, tokenizerFile,
	"tokenizer_config.json", "special_tokens_map.json", "README.md",
}

// Wanted returns which files of a repository, given by name, make up the
// checkpoint that Open would read: configuration, one form of the weights, and
// what belongs to them. read gives the content of a small one. ErrNotCheckpoint
// if there is no CLIP among them; errors of read are returned.
func Wanted(names []string, read func(name string) ([]byte, error)) ([]string, error) {
	has := func(name string) bool { return slices.Contains(names, name) }
	var withConfig string
	for _, l := range layouts() {
		if !has(l.configFile) {
			continue
		}
		if l.configFile == configFile {
			data, err := read(configFile)
			if err != nil {
				return nil, err
			}
			if kind := modelTypeIn(configFile, data); kind != clipType {
				withConfig = fmt.Sprintf("%s of the model type %.40q", configFile, kind)
				continue
			}
		}
		i := slices.IndexFunc(l.weights, func(w weightsForm) bool { return has(w.file) })
		if i < 0 {
			withConfig = l.configFile + " but no weights that this program reads (such as model.safetensors)"
			continue
		}
		wanted, err := wantedWeights(l.weights[i], read)
		if err != nil {
			return nil, err
		}
		wanted = append([]string{l.configFile}, wanted...)
		for _, name := range names {
			if slices.Contains(wantedFiles, name) || strings.HasPrefix(strings.ToUpper(name), "LICEN") {
				wanted = append(wanted, name)
			}
		}
		return wanted, nil
	}
	if withConfig != "" {
		return nil, fmt.Errorf("%w: it has %s", ErrNotCheckpoint, withConfig)
	}
	return nil, fmt.Errorf("%w: it has no %s and no %s", ErrNotCheckpoint, configFile, openCLIPFile)
}

// wantedWeights returns the files of one form of weights.
func wantedWeights(form weightsForm, read func(name string) ([]byte, error)) ([]string, error) {
	if !form.index {
		return []string{form.file}, nil
	}
	data, err := read(form.file)
	if err != nil {
		return nil, err
	}
	_, shards, err := parseShardIndex(form.file, data)
	return append([]string{form.file}, shards...), err
}
