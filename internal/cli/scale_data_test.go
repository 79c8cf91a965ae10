//go:build linux && !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"clipsearch/internal/npy"
)

// The library of the scale test.
const (
	scaleCaptions   = 5 // of each document
	scaleWords      = 10
	scaleVocabulary = 30_000
	scaleDims       = 512
)

// vocabulary draws words by Zipf's law: the n-th is n times rarer than the first.
type vocabulary struct {
	rng   *rand.Rand
	words []string
	sums  []float64 // of the frequencies up to each word
}

func newVocabulary(rng *rand.Rand) *vocabulary {
	v := &vocabulary{rng: rng, words: make([]string, scaleVocabulary), sums: make([]float64, scaleVocabulary)}
	sum := 0.0
	for i := range v.words {
		sum += 1 / float64(i+1)
		v.words[i], v.sums[i] = pronounceable(i), sum
	}
	return v
}

// pronounceable returns the name of a number: two letters for each of three or more digits, so that no two share one.
func pronounceable(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	var word []byte
	for digits := 0; digits < 3 || n > 0; digits++ {
		word = append(word, consonants[n%len(consonants)])
		n /= len(consonants)
		word = append(word, vowels[n%len(vowels)])
		n /= len(vowels)
	}
	return string(word)
}

// word draws one.
func (v *vocabulary) word() string {
	at, _ := slices.BinarySearch(v.sums, v.rng.Float64()*v.sums[len(v.sums)-1])
	return v.words[at]
}

// sentence draws n words.
func (v *vocabulary) sentence(n int) string {
	text := v.word()
	for range n - 1 {
		text += " " + v.word()
	}
	return text
}

// writeScaleData makes vectors.npy (half precision), ids.txt and captions.tsv for n documents in dir.
func writeScaleData(t *testing.T, dir string, n int, v *vocabulary) {
	t.Helper()
	w, err := npy.Create(filepath.Join(dir, "vectors.npy"), scaleDims, npy.F16)
	if err != nil {
		t.Fatal(err)
	}
	ids, errIDs := os.Create(filepath.Join(dir, "ids.txt"))
	texts, errTexts := os.Create(filepath.Join(dir, "captions.tsv"))
	if err := errors.Join(errIDs, errTexts); err != nil {
		t.Fatal(err)
	}
	idLines, textLines := bufio.NewWriter(ids), bufio.NewWriter(texts)
	for i := range n {
		id := fmt.Sprintf("%03d/IMG_%06d.jpg", i/500, i)
		fmt.Fprintln(idLines, id)
		for range scaleCaptions {
			fmt.Fprintf(textLines, "%s\t%s\n", id, v.sentence(scaleWords))
		}
		if err := w.Append(randomUnit(v.rng)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), idLines.Flush(), textLines.Flush(), ids.Close(), texts.Close()); err != nil {
		t.Fatal(err)
	}
}

// randomUnit draws a direction, all being equally likely.
func randomUnit(rng *rand.Rand) []float32 {
	row := make([]float32, scaleDims)
	sum := 0.0
	for i := range row {
		row[i] = float32(rng.NormFloat64())
		sum += float64(row[i]) * float64(row[i])
	}
	for i := range row {
		row[i] /= float32(math.Sqrt(sum))
	}
	return row
}
