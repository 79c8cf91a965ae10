package checkpoint

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/pixel"
	"github.com/google/go-cmp/cmp"
)

// TestWriteIsTheSameModel: what is written in the precision that it was read in has the same ID, from any layout.
func TestWriteIsTheSameModel(t *testing.T) {
	dirs := map[string]string{"F32": created(t, 1, F32), "F16": created(t, 1, F16), "BF16": created(t, 1, BF16)}
	dirs["old end token"] = created(t, 1, F32)
	editJSON(t, filepath.Join(dirs["old end token"], configFile), func(o map[string]any) {
		o["text_config"].(map[string]any)["eos_token_id"] = 2
	})
	dirs["squashed"] = created(t, 1, F32)
	editJSON(t, filepath.Join(dirs["squashed"], preprocessorFile), func(o map[string]any) {
		o["size"], o["image_mean"] = map[string]int{"height": 40, "width": 40}, []float32{0.1, 0.2, 1.0 / 3}
	})
	for name, dir := range dirs {
		t.Run(name, func(t *testing.T) {
			c := opened(t, dir)
			tensor, err := c.Tensor(logitScale)
			if err != nil {
				t.Fatal(err)
			}
			again := opened(t, written(t, c, WriteOptions{DType: tensor.DType}))
			if again.ID != c.ID {
				t.Errorf("ID %s, the original's %s", again.ID, c.ID)
			}
			if diff := cmp.Diff(c.Config, again.Config); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.Pixels, again.Pixels); diff != "" {
				t.Errorf("pixels (-want +got):\n%s", diff)
			}
			for _, file := range []string{vocabFile, mergesFile} {
				if diff := cmp.Diff(string(readFile(t, filepath.Join(dir, file))), string(readFile(t, filepath.Join(again.Dir, file)))); diff != "" {
					t.Errorf("%s differs", file)
				}
			}
		})
	}
}

func TestWriteWithoutTokenizerFiles(t *testing.T) {
	config := tiny(t)
	config.Text.Vocab = defaultVocab
	dir := filepath.Join(t.TempDir(), "model")
	if err := Create(t.Context(), dir, config, 1, F16); err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(dir, vocabFile))
	remove(t, filepath.Join(dir, mergesFile))
	c := opened(t, dir)
	again := opened(t, written(t, c, WriteOptions{DType: F16}))
	for _, text := range []string{"a dog in the snow", "Naïve 日本 it's"} {
		if diff := cmp.Diff(c.Tokenizer.Encode(text, 77), again.Tokenizer.Encode(text, 77)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if !exists(filepath.Join(again.Dir, vocabFile)) {
		t.Error("no vocabulary was written")
	}
}

// TestWriteTakesGivenWeights as tune gives them.
func TestWriteTakesGivenWeights(t *testing.T) {
	c := opened(t, created(t, 1, F32))
	dir := written(t, c, WriteOptions{
		DType: F32,
		Files: map[string][]byte{"README.md": []byte("a card"), preprocessorFile: []byte("{}")},
		Weights: func(name string) ([]float32, error) {
			values, err := c.values(name)
			for i := range values {
				values[i] += 1
			}
			return values, err
		},
	})
	before, after := weightsIn(t, c.Dir), weightsIn(t, dir)
	for i, w := range before {
		values := w.Float32s()
		for j := range values {
			values[j] += 1
		}
		before[i].Data = fromFloat32s(nil, F32, values)
	}
	sameWeights(t, before, after)
	if got := string(readFile(t, filepath.Join(dir, "README.md"))); got != "a card" {
		t.Errorf("card %q", got)
	}
	if diff := cmp.Diff(pixel.CLIP(32), opened(t, dir).Pixels); diff != "" {
		t.Errorf("the given processor is not there (-want +got):\n%s", diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	c := opened(t, created(t, 1, F32))
	taken := t.TempDir()
	writeFile(t, filepath.Join(taken, "a"), nil)
	broken := errors.New("out of memory")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	all := func(v float32) func(string) ([]float32, error) {
		return func(name string) ([]float32, error) {
			values, err := c.values(name)
			values[len(values)-1] = v
			return values, err
		}
	}
	for _, test := range []struct {
		name string
		ctx  context.Context
		dir  string
		o    WriteOptions
		want error
	}{
		{"a directory that is there", t.Context(), taken, WriteOptions{}, ErrExists},
		{"NaN", t.Context(), "", WriteOptions{Weights: all(float32(math.NaN()))}, ErrNotFinite},
		{"infinity in 8 bits", t.Context(), "", WriteOptions{DType: Int8, Weights: all(float32(math.Inf(-1)))}, ErrNotFinite},
		{"too large for f16", t.Context(), "", WriteOptions{DType: F16, Weights: all(70000)}, ErrNotFinite},
		{"no weights", t.Context(), "", WriteOptions{Weights: func(string) ([]float32, error) { return nil, broken }}, broken},
		{"too few weights", t.Context(), "", WriteOptions{Weights: func(string) ([]float32, error) { return nil, nil }}, nil},
		{"a file elsewhere", t.Context(), "", WriteOptions{Files: map[string][]byte{"../README.md": nil}}, nil},
		{"interrupted", cancelled, "", WriteOptions{}, context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := test.dir
			if dir == "" {
				dir = filepath.Join(parent, "model")
			}
			err := c.Write(test.ctx, dir, test.o)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestFirstMerges: with the first N merges of CLIP a text has the ids that it has with all of them, as far as merging goes
// there: what a later merge would join stays apart.
func TestFirstMerges(t *testing.T) {
	config := tiny(t)
	texts := []string{"a dog in the snow", "photograph of an aeroplane", "x", "it's 3 o'clock"}
	var before int
	for _, vocab := range []int{514, 770, 1514, 8514, defaultVocab} {
		config.Text.Vocab = vocab
		dir := filepath.Join(t.TempDir(), "model")
		if err := Create(t.Context(), dir, config, 1, F16); err != nil {
			t.Fatal(err)
		}
		c := opened(t, dir)
		if c.Tokenizer.Size() != vocab {
			t.Errorf("%d tokens, want %d", c.Tokenizer.Size(), vocab)
		}
		tokens := 0
		for _, text := range texts {
			ids := c.Tokenizer.Encode(text, 77)
			tokens += len(ids)
			if ids[0] != int32(vocab-2) || ids[len(ids)-1] != int32(vocab-1) {
				t.Errorf("vocabulary of %d: %q has the ids %v", vocab, text, ids)
			}
			for _, id := range ids[1 : len(ids)-1] {
				if int(id) >= vocab-2 {
					t.Errorf("vocabulary of %d: %q has the ids %v", vocab, text, ids)
				}
			}
		}
		if before > 0 && tokens >= before {
			t.Errorf("%d tokens with a vocabulary of %d, no fewer than with a smaller one", tokens, vocab)
		}
		before = tokens
	}
}
