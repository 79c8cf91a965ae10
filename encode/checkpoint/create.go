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
// 49,408; of c.Text.EOS only 2 is taken as it is. The directory appears whole; dir may be
// an empty directory, anything else there is ErrExists. A configuration that no
// model can have is ErrConfig, and 8 bits, which are for trained weights, are
// ErrUnsupported.
func Create(ctx context.Context, dir string, c Config, seed uint64, dtype DType) error {
	if err := c.check(); err != nil {
		return &Error{Path: dir, Err: err}
	}
	if dtype == Int8 {
		return faultf(dir, "%w: random weights in 8 bits", ErrUnsupported)
	}
	vocab, err := newVocabulary(c.Text.Vocab)
	if err != nil {
		return &Error{Path: dir, Err: err}
	}
	if err := checkFree(dir); err != nil {
		return err
	}
	return makeWhole(dir, func(temp string) error {
		files, err := describingFiles(c, pixel.CLIP(c.Vision.ImageSize), vocab, dtype)
		if err != nil {
			return err
		}
		files[vocabFile], files[mergesFile] = vocab.vocabJSON, vocab.mergesTXT
		for _, name := range sortedKeys(files) {
			if err := writeText(filepath.Join(temp, name), files[name]); err != nil {
				return err
			}
		}
		return writeRandom(ctx, filepath.Join(temp, "model.safetensors"), c, seed, dtype)
	})
}

// describingFiles returns the files of a directory, by name, that say how its
// weights and its tokenizer are to be used.
func describingFiles(c Config, pixels pixel.Spec, v vocabulary, dtype DType) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for name, content := range map[string]any{
		configFile:                configJSON(c, v, dtype),
		preprocessorFile:          processorJSON(pixels),
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
