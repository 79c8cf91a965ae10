package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/pixel"
	"github.com/google/go-cmp/cmp"
)

// tiny returns the smallest architecture.
func tiny(t *testing.T) Config {
	t.Helper()
	a, err := ArchitectureNamed("tiny")
	if err != nil {
		t.Fatal(err)
	}
	return a.Config
}

// created makes a tiny checkpoint and returns its directory.
func created(t *testing.T, seed uint64, dtype DType) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := Create(context.Background(), dir, tiny(t), seed, dtype); err != nil {
		t.Fatal(err)
	}
	return dir
}

// opened opens a directory until the test ends.
func opened(t *testing.T, dir string) *Checkpoint {
	t.Helper()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestCreateThenOpen(t *testing.T) {
	for _, dtype := range []DType{F32, F16, BF16} {
		t.Run(dtype.String(), func(t *testing.T) {
			dir := created(t, 1, dtype)
			c := opened(t, dir)
			want := tiny(t)
			want.LogitScale = c.Config.LogitScale // rounded to dtype
			if diff := cmp.Diff(want, c.Config); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
			if s := float64(c.Config.LogitScale); math.Abs(s-defaultLogitScale) > 0.01 {
				t.Errorf("logit scale %v, want about %v", s, defaultLogitScale)
			}
			if diff := cmp.Diff(pixel.CLIP(32), c.Pixels); diff != "" {
				t.Errorf("pixels (-want +got):\n%s", diff)
			}
			if got := len(c.Names()); got != len(weightsOf(want)) {
				t.Errorf("%d tensors, want %d", got, len(weightsOf(want)))
			}
			if err := c.Verify(context.Background()); err != nil {
				t.Error(err)
			}
			if got := c.Tokenizer.Encode("a dog", 77); got[0] != 768 || got[len(got)-1] != 769 {
				t.Errorf("tokens %v, want them between 768 and 769", got)
			}
		})
	}
}

// TestCreateIsFrozen pins what a seed gives: libraries and goldens depend on it.
func TestCreateIsFrozen(t *testing.T) {
	const want = "clip-224ad126945ba30f2c0260c831c0390bfba31a0421f27921e86bc349f2516ec8"
	if got := opened(t, created(t, 1, F32)).ID; got != want {
		t.Errorf("ID of the tiny model with seed 1: %s, want %s", got, want)
	}
}

func TestCreateDeviations(t *testing.T) {
	c := opened(t, created(t, 7, F32))
	for _, w := range weightsOf(c.Config) {
		tensor, err := c.Tensor(w.name)
		if err != nil {
			t.Fatal(err)
		}
		var sum, squares float64
		values := tensor.Float32s()
		for _, v := range values {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		n := float64(len(values))
		mean := sum / n
		if w.std == 0 {
			if mean != float64(w.fill) || values[0] != w.fill {
				t.Errorf("%s: mean %v, want %v throughout", w.name, mean, w.fill)
			}
			continue
		}
		// Five standard errors; of the deviation that is σ/√(2n).
		if std := math.Sqrt(squares / n); math.Abs(std/w.std-1) > 5/math.Sqrt(2*n) || math.Abs(mean) > 5*w.std/math.Sqrt(n) {
			t.Errorf("%s: mean %.4g deviation %.4g of %v values, want 0 and %.4g", w.name, mean, std, n, w.std)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	ctx := context.Background()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "a"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	narrow, few := tiny(t), tiny(t)
	narrow.Vision.Heads = 3
	few.Text.Vocab = 513
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, test := range []struct {
		name   string
		ctx    context.Context
		dir    string
		config Config
		want   error
	}{
		{"directory in use", ctx, full, tiny(t), ErrExists},
		{"heads that do not divide", ctx, "", narrow, ErrConfig},
		{"vocabulary too small", ctx, "", few, ErrConfig},
		{"no configuration", ctx, "", Config{}, ErrConfig},
		{"cancelled", cancelled, "", tiny(t), context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			parent := t.TempDir()
			dir := test.dir
			if dir == "" {
				dir = filepath.Join(parent, "model")
			}
			if err := Create(test.ctx, dir, test.config, 1, F32); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("it left %v behind", left)
			}
		})
	}
}

func TestCreateInEmptyDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := Create(context.Background(), dir, tiny(t), 1, F32); err != nil {
		t.Fatal(err)
	}
	opened(t, dir)
}

// TestNewVocabulary compares with a vocabulary that was cut by other means.
func TestNewVocabulary(t *testing.T) {
	dir := shared(t, "golden/tiny-clip")
	v, err := newVocabulary(1514)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]int
	wantJSON, err := os.ReadFile(filepath.Join(dir, vocabFile))
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(v.vocabJSON, &got) != nil || json.Unmarshal(wantJSON, &want) != nil {
		t.Fatal("vocab.json is not JSON")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vocab.json (-want +got):\n%s", diff)
	}
	wantMerges, err := os.ReadFile(filepath.Join(dir, mergesFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(wantMerges), string(v.mergesTXT)); diff != "" {
		t.Errorf("merges.txt (-want +got):\n%s", diff)
	}
}

func TestArchitectures(t *testing.T) {
	// Params are those that transformers counts for the published models.
	for name, params := range map[string]int64{"vit-b-32": 151277313, "vit-b-16": 149620737, "vit-l-14": 427616513, "vit-l-14-336": 427944193} {
		a, err := ArchitectureNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Config.Params(); got != params {
			t.Errorf("%s has %d weights, want %d", name, got, params)
		}
	}
	for _, a := range Architectures() {
		if err := a.Config.check(); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	if _, err := ArchitectureNamed("vit-x"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("error %v, want ErrUnsupported", err)
	}
}
