package assets

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
)

//go:embed vocabulary/merges.txt.gz
var mergesGzip []byte // merges.txt of openai/CLIP (MIT, see vocabulary/LICENSE), gzip -9n

// Vocabulary returns the vocabulary that OpenAI published with CLIP, in the two files that Hugging Face checkpoints
// hold it in: vocabJSON maps each of the 49,408 tokens to its id, mergesTXT lists the 48,894 merges after a version
// line. Only the merges are stored: they fix the ids. Both slices are new at each call and the caller's own; an error
// means that the program file is damaged.
func Vocabulary() (vocabJSON, mergesTXT []byte, err error) {
	r, err := gzip.NewReader(bytes.NewReader(mergesGzip))
	if err != nil {
		return nil, nil, fmt.Errorf("embedded vocabulary: %w", err)
	}
	mergesTXT, err = io.ReadAll(r)
	if err != nil {
		return nil, nil, fmt.Errorf("embedded vocabulary: %w", err)
	}
	return vocabFromMerges(string(mergesTXT)), mergesTXT, nil
}

// vocabFromMerges writes the vocabulary that belongs to merges in the order that openai/CLIP's simple_tokenizer.py
// gives the ids: the symbols of the 256 bytes, the same at the end of a word, the result of each merge, the two
// special tokens.
func vocabFromMerges(merges string) []byte {
	out := []byte{'{'}
	id := 0
	add := func(token string) {
		if id > 0 {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, jsonEscaper.Replace(token)...)
		out = append(out, '"', ':')
		out = strconv.AppendInt(out, int64(id), 10)
		id++
	}
	symbols := byteSymbols()
	for _, s := range symbols {
		add(string(s))
	}
	for _, s := range symbols {
		add(string(s) + "</w>")
	}
	for line := range strings.Lines(merges) {
		if left, right, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok && !strings.HasPrefix(line, "#version") {
			add(left + right)
		}
	}
	add("<|startoftext|>")
	add("<|endoftext|>")
	return append(out, '}')
}

// Tokens hold no control characters: every byte stands for itself as a printable character.
var jsonEscaper = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// byteSymbols returns the characters that stand for the 256 bytes in the order of their ids: first the bytes that are
// printable in Latin-1, as themselves, then the others, as the characters from U+0100 on.
func byteSymbols() []rune {
	symbols := make([]rune, 0, 256)
	for b := rune(0); b < 256; b++ {
		if printable(b) {
			symbols = append(symbols, b)
		}
	}
	for b, next := rune(0), rune(256); b < 256; b++ {
		if !printable(b) {
			symbols = append(symbols, next)
			next++
		}
	}
	return symbols
}

// printable reports whether GPT-2's byte alphabet keeps the byte b as it is.
func printable(b rune) bool {
	return '!' <= b && b <= '~' || '¡' <= b && b <= '¬' || '®' <= b && b <= 'ÿ'
}
