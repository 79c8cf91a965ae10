package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"clipsearch/assets"
)

// vocabulary is CLIP's, or its beginning.
type vocabulary struct {
	vocabJSON, mergesTXT []byte
	start, end           int // ids
}

// byteTokens counts the tokens before the first merge: every byte, and every
// byte at the end of a word. Two special tokens come after the last.
const (
	byteTokens    = 2 * 256
	specialCount  = 2
	mergesVersion = "#version: 0.2\n" // the first line of merges.txt, of no meaning to CLIP
)

// newVocabulary returns a vocabulary of at most size tokens: CLIP's, with as
// many of its merges as there is room for.
func newVocabulary(size int) (vocabulary, error) {
	if size < byteTokens+specialCount {
		return vocabulary{}, fmt.Errorf("%w: a vocabulary of %d is below the %d of a byte-level one", ErrConfig, size, byteTokens+specialCount)
	}
	vocabJSON, mergesTXT, err := assets.Vocabulary()
	if err != nil {
		return vocabulary{}, err
	}
	var ids map[string]int
	if err := json.Unmarshal(vocabJSON, &ids); err != nil {
		return vocabulary{}, fmt.Errorf("embedded vocabulary: %w", err)
	}
	size = min(size, len(ids))
	tokens := make([]string, len(ids))
	for token, id := range ids {
		tokens[id] = token
	}
	kept := append(tokens[:size-specialCount:size-specialCount], tokens[len(tokens)-specialCount:]...)
	return vocabulary{
		vocabJSON: numberTokens(kept),
		mergesTXT: firstMerges(mergesTXT, size-byteTokens-specialCount),
		start:     size - 2,
		end:       size - 1,
	}, nil
}

// numberTokens writes vocab.json in the order of ids, which a Go map would lose.
func numberTokens(tokens []string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for id, token := range tokens {
		b.WriteString(map[bool]string{true: "{", false: ", "}[id == 0])
		e.Encode(token) // a string, to memory
		b.Truncate(b.Len() - 1)
		fmt.Fprintf(&b, ": %d", id)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// firstMerges returns merges.txt with its first n merges.
func firstMerges(mergesTXT []byte, n int) []byte {
	var b bytes.Buffer
	b.WriteString(mergesVersion)
	for line := range strings.Lines(string(mergesTXT)) {
		if n == 0 {
			break
		}
		if strings.HasPrefix(line, "#version") {
			continue
		}
		b.WriteString(line)
		n--
	}
	return b.Bytes()
}
