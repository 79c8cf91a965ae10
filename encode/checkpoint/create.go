package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"clipsearch/encode/pixel"
)

// Create makes a complete Hugging Face directory of a randomly initialised
// model: config.json, model.safetensors, tokenizer and processor files. The
// weights follow CLIP's published initialisation (weights.go says which) from
// seed: the same arguments give the same weights, and the same seed the same
// values at each precision, but for rounding.
//
// The vocabulary is CLIP's, cut to its first merges if c.Text.Vocab is below
// 49,408; c.Text.EOS is not looked at. The directory appears whole; dir may be
// an empty directory, anything else there is ErrExists. A configuration that no
// model can have is ErrConfig.
func Create(ctx context.Context, dir string, c Config, seed uint64, dtype DType) error {
	if err := c.check(); err != nil {
		return &Error{Path: dir, Err: err}
	}
	vocab, err := newVocabulary(c.Text.Vocab)
	if err != nil {
		return &Error{Path: dir, Err: err}
	}
	if err := checkFree(dir); err != nil {
		return err
	}
	return makeWhole(dir, func(temp string) error {
		files, err := textFiles(c, vocab, dtype)
		if err != nil {
			return err
		}
		for _, name := range sortedKeys(files) {
			if err := writeText(filepath.Join(temp, name), files[name]); err != nil {
				return err
			}
		}
		return writeRandom(ctx, filepath.Join(temp, "model.safetensors"), c, seed, dtype)
	})
}

// textFiles returns all files of a directory but the weights, by name.
func textFiles(c Config, v vocabulary, dtype DType) (map[string][]byte, error) {
	files := map[string][]byte{vocabFile: v.vocabJSON, mergesFile: v.mergesTXT}
	for name, content := range map[string]any{
		configFile:                configJSON(c, v, dtype),
		preprocessorFile:          processorJSON(pixel.CLIP(c.Vision.ImageSize)),
		"tokenizer_config.json":   tokenizerJSON(c.Text.Context),
		"special_tokens_map.json": specialTokens(),
	} {
		text, err := indentJSON(content)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	return files, nil
}

// checkFree says why dir cannot be made.
func checkFree(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return pathFault(dir, err)
	case len(entries) > 0:
		return &Error{Path: dir, Err: ErrExists, Advice: "name a directory that does not exist"}
	}
	return nil
}

// makeWhole makes dir with what fill puts into it: under another name beside it,
// to the disk, then renamed.
func makeWhole(dir string, fill func(temp string) error) (err error) {
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return pathFault(dir, err)
	}
	temp := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+"."+strconv.FormatUint(rand.Uint64(), 36))
	if err := os.Mkdir(temp, 0o755); err != nil {
		return pathFault(dir, err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temp)
		}
	}()
	if err := fill(temp); err != nil {
		return fmt.Errorf("create %s: %w", dir, err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // it is empty, and no system but Unix renames over it
		return pathFault(dir, err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return pathFault(dir, err)
	}
	return nil
}
