package checkpoint

import (
	"errors"
	"fmt"
	"path/filepath"

	"clipsearch/assets"
	"clipsearch/encode/token"
)

// The files of a tokenizer.
const (
	vocabFile     = "vocab.json"
	mergesFile    = "merges.txt"
	tokenizerFile = "tokenizer.json"
)

// readTokenizer reads the tokenizer of a directory: vocab.json and merges.txt, or
// tokenizer.json. Without any of them CLIP's own vocabulary serves.
func readTokenizer(dir string) (t *token.Tokenizer, path string, err error) {
	vocab, merges, whole := filepath.Join(dir, vocabFile), filepath.Join(dir, mergesFile), filepath.Join(dir, tokenizerFile)
	switch {
	case exists(vocab) && exists(merges):
		t, err = readVocabulary(vocab, merges)
		return t, vocab, err
	case exists(whole):
		data, err := readText(whole)
		if err != nil {
			return nil, whole, err
		}
		t, err = token.ParseJSON(data)
		return t, whole, wrapPath(whole, err)
	case exists(vocab):
		return nil, vocab, faultf(dir, "%w: it has %s but no %s", ErrMisfit, vocabFile, mergesFile)
	case exists(merges):
		return nil, merges, faultf(dir, "%w: it has %s but no %s", ErrMisfit, mergesFile, vocabFile)
	}
	vocabJSON, mergesTXT, err := assets.Vocabulary()
	if err != nil {
		return nil, "", err
	}
	t, err = token.Parse(vocabJSON, mergesTXT)
	return t, "", err
}

// readVocabulary reads the two files that are one tokenizer.
func readVocabulary(vocab, merges string) (*token.Tokenizer, error) {
	vocabJSON, err := readText(vocab)
	if err != nil {
		return nil, err
	}
	mergesTXT, err := readText(merges)
	if err != nil {
		return nil, err
	}
	t, err := token.Parse(vocabJSON, mergesTXT)
	return t, wrapPath(vocab, err)
}

// wrapPath makes an Error of what package token says.
func wrapPath(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, token.ErrKind):
		return &Error{Path: path, Err: fmt.Errorf("%w: %w", ErrUnsupported, err)}
	}
	return &Error{Path: path, Err: fmt.Errorf("%w: %w", ErrCorrupt, err)}
}

// openTokenizer reads the tokenizer of a directory and checks it against the
// configuration in configPath.
func openTokenizer(dir, configPath string, c TextConfig) (*token.Tokenizer, error) {
	t, path, err := readTokenizer(dir)
	if err != nil {
		return nil, err
	}
	highest := max(t.Start(), t.End(), int32(t.Size()-1))
	if int(highest) >= c.Vocab {
		if path == "" {
			return nil, faultf(dir, "%w: it has no %s, and CLIP's own %d tokens are too many for its vocabulary of %d",
				ErrMisfit, vocabFile, t.Size(), c.Vocab).advise("copy vocab.json and merges.txt of this model into the directory")
		}
		return nil, faultf(path, "%w: it has token %d, but the configuration has room for %d tokens", ErrMisfit, highest, c.Vocab)
	}
	if c.EOS != legacyEOS && c.EOS != unknownEOS && c.EOS != t.End() {
		return nil, faultf(configPath, "%w: eos_token_id is %d, but the tokenizer's end token is %d", ErrMisfit, c.EOS, t.End())
	}
	return t, nil
}
