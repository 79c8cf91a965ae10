package token

import (
	"fmt"
	"maps"
	"slices"
)

// addedSpec is an added token as tokenizer.json spells it. White space beside a token is dropped in any case, so that
// lstrip and rstrip do not matter.
type addedSpec struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	Normalized bool   `json:"normalized"`
}

// builder checks the parts of a tokenizer and puts them together.
type builder struct {
	vocabName, mergesName string // files, for messages
	vocab                 map[string]int32
	merges                []mergeSpec
	added                 []addedSpec
	unknown               string // "" if bytes that the vocabulary lacks are left out
	specialsSplit         bool
}

func (b *builder) build() (*Tokenizer, error) {
	vocab, err := b.wholeVocab()
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{size: len(vocab), unknown: none, specialsSplit: b.specialsSplit}
	var ok bool
	if t.start, ok = vocab[startToken]; !ok {
		return nil, b.vocabError("the special token %s is missing", startToken)
	}
	if t.end, ok = vocab[endToken]; !ok {
		return nil, b.vocabError("the special token %s is missing", endToken)
	}
	if b.unknown != "" {
		if t.unknown, ok = vocab[b.unknown]; !ok {
			return nil, b.vocabError("the token for unknown bytes, %q, is missing", b.unknown)
		}
	}
	for c, symbol := range byteSymbols() {
		t.inner[c] = idOr(b.vocab, symbol)
		t.last[c] = idOr(b.vocab, symbol+endOfWord)
	}
	if t.merges, err = b.mergeTable(); err != nil {
		return nil, err
	}
	for _, a := range b.added {
		if a.Normalized {
			t.foldedTokens = append(t.foldedTokens, addedToken{normalize(a.Content), a.ID})
		} else {
			t.rawTokens = append(t.rawTokens, addedToken{a.Content, a.ID})
		}
	}
	return t, nil
}

func (b *builder) vocabError(format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s", b.vocabName, ErrMalformed, fmt.Sprintf(format, args...))
}

// wholeVocab returns the vocabulary with the added tokens, its ids checked to be 0 … n-1, each once.
func (b *builder) wholeVocab() (map[string]int32, error) {
	vocab := maps.Clone(b.vocab)
	if vocab == nil {
		vocab = map[string]int32{}
	}
	for _, a := range b.added {
		switch id, ok := vocab[a.Content]; {
		case normalize(a.Content) == "":
			return nil, b.vocabError("the added token with id %d is empty", a.ID)
		case ok && id != a.ID:
			return nil, b.vocabError("the added token %q has id %d, but %d in the vocabulary", a.Content, a.ID, id)
		case a.SingleWord:
			return nil, fmt.Errorf("%s: %w: the added token %q asks for whole words only", b.vocabName, ErrKind, a.Content)
		}
		vocab[a.Content] = a.ID
	}
	taken := make([]bool, len(vocab))
	for _, id := range vocab {
		if id < 0 || int(id) >= len(vocab) || taken[id] {
			return nil, b.badID(vocab)
		}
		taken[id] = true
	}
	return vocab, nil
}

// badID returns the error for the first token, in alphabetical order, whose id is out of range or another's.
func (b *builder) badID(vocab map[string]int32) error {
	owner := make(map[int32]string, len(vocab))
	for _, token := range slices.Sorted(maps.Keys(vocab)) {
		id := vocab[token]
		if id < 0 || int(id) >= len(vocab) {
			return b.vocabError("token %q has id %d, but ids must be 0 to %d without holes, one for each of the %d tokens",
				clip(token), id, len(vocab)-1, len(vocab))
		}
		if other, ok := owner[id]; ok {
			return b.vocabError("the tokens %q and %q both have id %d", clip(other), clip(token), id)
		}
		owner[id] = token
	}
	return nil
}

// mergeTable looks the merges up in the vocabulary.
func (b *builder) mergeTable() (map[pair]merged, error) {
	table := make(map[pair]merged, len(b.merges))
	for rank, m := range b.merges {
		var ids [3]int32
		for i, token := range [...]string{m.left, m.right, m.left + m.right} {
			id, ok := b.vocab[token]
			if !ok {
				return nil, fmt.Errorf("%s: %w: merge %d (%q and %q): the token %q is not in %s",
					b.mergesName, ErrMalformed, m.where, clip(m.left), clip(m.right), clip(token), b.vocabName)
			}
			ids[i] = id
		}
		table[pair{ids[0], ids[1]}] = merged{rank: int32(rank), id: ids[2]}
	}
	return table, nil
}

func idOr(vocab map[string]int32, token string) int32 {
	if id, ok := vocab[token]; ok {
		return id
	}
	return none
}

// byteSymbols returns the character that stands for each byte in a vocabulary: printable Latin-1 stands for itself, the
// rest for the characters from U+0100 on (GPT-2's bytes_to_unicode).
func byteSymbols() [256]string {
	var symbols [256]string
	next := rune(256)
	for b := range symbols {
		r := rune(b)
		if r <= ' ' || '~' < r && r < '¡' || r == 0xAD {
			r = next
			next++
		}
		symbols[b] = string(r)
	}
	return symbols
}
