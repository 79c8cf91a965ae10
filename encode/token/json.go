package token

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The patterns that split words in the tokenizer.json of OpenAI's checkpoints and of LAION's.
const (
	wordPattern         = `'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`
	specialsWordPattern = `<\|startoftext\|>|<\|endoftext\|>|` + wordPattern
)

// tokenizerFile is Hugging Face's tokenizer.json as far as it decides the ids of a text. Truncation and padding are the
// caller's.
type tokenizerFile struct {
	AddedTokens   []addedSpec    `json:"added_tokens"`
	Normalizer    *step          `json:"normalizer"`
	PreTokenizer  *step          `json:"pre_tokenizer"`
	PostProcessor *postProcessor `json:"post_processor"`
	Model         *model         `json:"model"`
}

// step is a normalizer or a pre-tokenizer, or a sequence of them.
type step struct {
	Type          string `json:"type"`
	Normalizers   []step `json:"normalizers"`
	Pretokenizers []step `json:"pretokenizers"`
	Pattern       struct {
		String string
		Regex  string
	} `json:"pattern"`
	Content        string `json:"content"`
	Behavior       string `json:"behavior"`
	Invert         bool   `json:"invert"`
	AddPrefixSpace bool   `json:"add_prefix_space"`
	UseRegex       *bool  `json:"use_regex"` // true if absent
}

type postProcessor struct {
	Type   string          `json:"type"`
	Cls    json.RawMessage `json:"cls"` // RobertaProcessing: ["<|startoftext|>", 49406]
	Sep    json.RawMessage `json:"sep"`
	Single []struct {      // TemplateProcessing: start token, text, end token
		SpecialToken struct {
			ID string `json:"id"`
		}
	} `json:"single"`
}

type model struct {
	Type            string            `json:"type"`
	UnkToken        *string           `json:"unk_token"`
	SubwordPrefix   *string           `json:"continuing_subword_prefix"`
	EndOfWordSuffix *string           `json:"end_of_word_suffix"`
	FuseUnk         bool              `json:"fuse_unk"`
	ByteFallback    bool              `json:"byte_fallback"`
	IgnoreMerges    bool              `json:"ignore_merges"`
	Dropout         *float64          `json:"dropout"`
	Vocab           json.RawMessage   `json:"vocab"`
	Merges          []json.RawMessage `json:"merges"`
}

// ParseJSON returns the tokenizer of a tokenizer.json. What makes up CLIP's tokenizer is checked field by field: an
// error that wraps ErrKind names the first that asks for something else, such as a WordPiece model. Other errors wrap
// ErrMalformed.
func ParseJSON(tokenizerJSON []byte) (*Tokenizer, error) {
	var f tokenizerFile
	if err := json.Unmarshal(tokenizerJSON, &f); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w: %w", ErrMalformed, err)
	}
	if f.Model == nil {
		return nil, fmt.Errorf("tokenizer.json: %w: no model in it", ErrMalformed)
	}
	for _, check := range []func() error{f.checkModel, f.checkNormalizer, f.checkPreTokenizer, f.checkPostProcessor} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return f.tokenizer()
}

func (f *tokenizerFile) tokenizer() (*Tokenizer, error) {
	b := builder{
		vocabName: "tokenizer.json", mergesName: "tokenizer.json",
		added:         f.AddedTokens,
		specialsSplit: f.PreTokenizer.Pretokenizers[0].Pattern.Regex == specialsWordPattern,
	}
	if err := json.Unmarshal(f.Model.Vocab, &b.vocab); err != nil {
		return nil, b.vocabError("vocab: want an object of tokens and ids: %v", err)
	}
	if f.Model.UnkToken != nil {
		b.unknown = *f.Model.UnkToken
	}
	for i, raw := range f.Model.Merges {
		m, ok := decodeMerge(raw)
		if !ok {
			return nil, b.vocabError("merge %d: want two tokens, got %s", i+1, clip(string(raw)))
		}
		m.where = i + 1
		b.merges = append(b.merges, m)
	}
	return b.build()
}

// decodeMerge reads a merge as tokenizers writes it: "left right" before version 0.20, ["left", "right"] since.
func decodeMerge(raw json.RawMessage) (mergeSpec, bool) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return parseMerge(text)
	}
	var two []string
	if json.Unmarshal(raw, &two) != nil || len(two) != 2 {
		return mergeSpec{}, false
	}
	return mergeSpec{left: two[0], right: two[1]}, two[0] != "" && two[1] != ""
}

func kindError(format string, args ...any) error {
	return fmt.Errorf("tokenizer.json: %w: %s", ErrKind, fmt.Sprintf(format, args...))
}

func (f *tokenizerFile) checkModel() error {
	m := f.Model
	switch {
	case m.Type != "" && m.Type != "BPE": // old files leave the type out
		return kindError("model is %s", clip(m.Type))
	case m.EndOfWordSuffix == nil || *m.EndOfWordSuffix != endOfWord:
		return kindError("model.end_of_word_suffix is not %q", endOfWord)
	case m.SubwordPrefix != nil && *m.SubwordPrefix != "":
		return kindError("model.continuing_subword_prefix is %q", *m.SubwordPrefix)
	case m.FuseUnk:
		return kindError("model.fuse_unk is set")
	case m.ByteFallback:
		return kindError("model.byte_fallback is set")
	case m.IgnoreMerges:
		return kindError("model.ignore_merges is set")
	case m.Dropout != nil && *m.Dropout != 0:
		return kindError("model.dropout is %g", *m.Dropout)
	}
	return nil
}

func (f *tokenizerFile) checkNormalizer() error {
	if f.Normalizer == nil {
		return kindError("normalizer is null")
	}
	steps := f.Normalizer.Normalizers
	if got := names(steps); f.Normalizer.Type != "Sequence" || !slices.Equal(got, []string{"NFC", "Replace", "Lowercase"}) {
		return kindError("normalizer is %s(%s), not Sequence(NFC, Replace, Lowercase)", f.Normalizer.Type, strings.Join(got, ", "))
	}
	if r := steps[1]; r.Pattern.Regex != `\s+` || r.Content != " " {
		return kindError("the normalizer replaces %q by %q, not white space by one space", r.Pattern.Regex+r.Pattern.String, r.Content)
	}
	return nil
}

func (f *tokenizerFile) checkPreTokenizer() error {
	if f.PreTokenizer == nil {
		return kindError("pre_tokenizer is null")
	}
	steps := f.PreTokenizer.Pretokenizers
	if got := names(steps); f.PreTokenizer.Type != "Sequence" || !slices.Equal(got, []string{"Split", "ByteLevel"}) {
		return kindError("pre_tokenizer is %s(%s), not Sequence(Split, ByteLevel)", f.PreTokenizer.Type, strings.Join(got, ", "))
	}
	split, bytes := steps[0], steps[1]
	switch {
	case split.Pattern.Regex != wordPattern && split.Pattern.Regex != specialsWordPattern:
		return kindError("the pre_tokenizer splits by the pattern %q", clip(split.Pattern.Regex+split.Pattern.String))
	case split.Behavior != "Removed" || !split.Invert:
		return kindError("the pre_tokenizer's split is %q, invert %t", split.Behavior, split.Invert)
	case bytes.AddPrefixSpace:
		return kindError("pre_tokenizer.add_prefix_space is set")
	case bytes.UseRegex != nil && !*bytes.UseRegex:
		return kindError("pre_tokenizer.use_regex is false")
	}
	return nil
}

// checkPostProcessor checks that the special tokens stand around a text. A file without the step is taken too: a CLIP
// model needs them all the same.
func (f *tokenizerFile) checkPostProcessor() error {
	p := f.PostProcessor
	if p == nil {
		return nil
	}
	var first, last string
	switch {
	case p.Type == "RobertaProcessing":
		first, last = tokenName(p.Cls), tokenName(p.Sep)
	case p.Type == "TemplateProcessing" && len(p.Single) == 3:
		first, last = p.Single[0].SpecialToken.ID, p.Single[2].SpecialToken.ID
	default:
		return kindError("post_processor is %s", clip(p.Type))
	}
	if first != startToken || last != endToken {
		return kindError("the post_processor puts %q and %q around a text", clip(first), clip(last))
	}
	return nil
}

// tokenName returns the token of ["token", id], "" if it is something else.
func tokenName(raw json.RawMessage) string {
	var tokenAndID []any
	if err := json.Unmarshal(raw, &tokenAndID); err != nil || len(tokenAndID) == 0 {
		return ""
	}
	name, _ := tokenAndID[0].(string)
	return name
}

func names(steps []step) []string {
	var types []string
	for _, s := range steps {
		types = append(types, s.Type)
	}
	return types
}
