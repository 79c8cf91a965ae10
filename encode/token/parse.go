package token

import (
	"encoding/json"
	"fmt"
	"strings"
)

// endOfWord is the mark that CLIP's tokens carry at the end of a word.
const endOfWord = "</w>"

// maxMerges is how many lines of a merges file count: 49,152 entries less the bytes and the special tokens
// (transformers, tokenization_clip.py). OpenAI's original file goes on beyond them.
const maxMerges = 49152 - 256 - 2

// Parse returns the tokenizer of a vocab.json, which maps tokens to ids, and a merges.txt, one merge a line after an
// optional "#version" line. The special tokens are CLIP's, and "<|endoftext|>" stands for what the vocabulary lacks.
// Errors wrap ErrMalformed and name the file, and the line or token in it.
func Parse(vocabJSON, mergesTXT []byte) (*Tokenizer, error) {
	var vocab map[string]int32
	if err := json.Unmarshal(vocabJSON, &vocab); err != nil {
		return nil, fmt.Errorf("vocab.json: %w: want an object of tokens and ids: %w", ErrMalformed, err)
	}
	merges, err := parseMerges(string(mergesTXT))
	if err != nil {
		return nil, err
	}
	b := builder{
		vocabName: "vocab.json", mergesName: "merges.txt",
		vocab: vocab, merges: merges, unknown: endToken,
		added: []addedSpec{
			{Content: startToken, Normalized: true},
			{Content: endToken},
		},
	}
	for i := range b.added {
		id, ok := vocab[b.added[i].Content]
		if !ok {
			return nil, fmt.Errorf("vocab.json: %w: the special token %s is missing", ErrMalformed, b.added[i].Content)
		}
		b.added[i].ID = id
	}
	return b.build()
}

// parseMerges reads the lines of a merges.txt.
func parseMerges(text string) ([]mergeSpec, error) {
	var merges []mergeSpec
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#version") {
			continue
		}
		m, ok := parseMerge(line)
		if !ok {
			return nil, fmt.Errorf("merges.txt: %w: line %d: want two tokens separated by a space, got %q", ErrMalformed, number, clip(line))
		}
		m.where = number
		if merges = append(merges, m); len(merges) == maxMerges {
			break
		}
	}
	return merges, nil
}

// mergeSpec is a merge as a file spells it.
type mergeSpec struct {
	left, right string
	where       int // line in merges.txt, or place in the list of a tokenizer.json from 1
}

// parseMerge reads "left right".
func parseMerge(s string) (mergeSpec, bool) {
	left, right, _ := strings.Cut(s, " ")
	return mergeSpec{left: left, right: right}, left != "" && right != "" && !strings.Contains(right, " ")
}

// clip shortens a text for an error message.
func clip(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
