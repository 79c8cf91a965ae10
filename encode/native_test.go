//go:build native

package encode

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clipsearch/encode/checkpoint"
)

// A folder that is no model, and an option that makes no sense, are errors that name it.
func TestOpenNames(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	var want *checkpoint.Error
	if _, err := Open(dir, Options{}); !errors.As(err, &want) || !strings.Contains(err.Error(), dir) {
		t.Errorf("no model: %v", err)
	}
	good := smallCheckpoint(t, smallConfigs["quick_gelu"])
	for _, test := range []struct {
		options Options
		message string
	}{
		{Options{Device: "gpu"}, `device "gpu": it must be auto, cpu, cuda or cuda:N`},
		{Options{Device: "cuda:x"}, `device "cuda:x": it must be auto, cpu, cuda or cuda:N`},
		{Options{Device: "cuda:99"}, `device cuda:99: `},
		{Options{Device: "cpu", Precision: "f16"}, "precision f16: libtorch computes it on CUDA devices only; take bf16 or f32 on the CPU"},
		{Options{Device: "cpu", Precision: "float"}, `precision "float": it must be auto, f32, bf16 or f16`},
	} {
		if _, err := Open(good, test.options); err == nil || !strings.HasPrefix(err.Error(), "model "+good+": "+test.message) {
			t.Errorf("%s %s: %v", test.options.Device, test.options.Precision, err)
		}
	}
	m, err := Open(good, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	embedAll(t, m)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func TestClosed(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	for _, b := range nativeBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			_, inputs := frozenPictures(m)
			for range 2 {
				if err := m.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := m.EncodeTexts(t.Context(), []string{"a"}); !errors.Is(err, ErrClosed) {
				t.Errorf("texts: %v", err)
			}
			if _, err := m.EncodePixels(t.Context(), inputs); !errors.Is(err, ErrClosed) {
				t.Errorf("pictures: %v", err)
			}
		})
	}
}

func TestClosedWhileInUse(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	m := nativeBackends[0].open(t, c)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for {
				if _, err := m.EncodeTexts(t.Context(), frozenTexts); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Errorf("in use: %v", err)
					}
					return
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	wait.Wait()
}

// countdown is a context that ends when it is asked for the fifth time.
type countdown struct {
	context.Context
	asked int
}

func (c *countdown) Err() error {
	if c.asked++; c.asked >= 5 {
		return context.Canceled
	}
	return nil
}

// A batch is given up between two blocks, not only before it begins.
func TestCancelledMidway(t *testing.T) {
	config := smallConfigs["quick_gelu"]
	config.Vision.Layers, config.Text.Layers = 9, 9
	c := openCheckpoint(t, smallCheckpoint(t, config))
	m := nativeBackends[0].open(t, c)
	_, inputs := frozenPictures(m)
	ctx := &countdown{Context: t.Context()}
	if _, err := m.EncodePixels(ctx, inputs[:1]); !errors.Is(err, context.Canceled) || ctx.asked != 5 {
		t.Errorf("pictures: %v, after %d blocks", err, ctx.asked)
	}
	ctx = &countdown{Context: t.Context()}
	if _, err := m.EncodeTexts(ctx, []string{"dogs"}); !errors.Is(err, context.Canceled) || ctx.asked != 5 {
		t.Errorf("texts: %v, after %d blocks", err, ctx.asked)
	}
	embedAll(t, m)
}

// eos_token_id 2 pools at the largest id, another at its first occurrence; with CLIP's vocabulary both are the end token,
// also where a text spells it out.
func TestLegacyEOS(t *testing.T) {
	config := smallConfigs["quick_gelu"]
	c := openCheckpoint(t, smallCheckpoint(t, config))
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			modern := embedAll(t, b.open(t, c))
			legacy := *openCheckpoint(t, c.Dir)
			legacy.Config.Text.EOS = 2
			for text, v := range embedAll(t, b.open(t, &legacy)).Texts {
				near(t, text, v, modern.Texts[text], 0, 0.999999)
			}
		})
	}
}

// gotch's root package ends the process if it cannot make a folder in the user's home; the towers must not depend on it.
func TestHomeIsNotTouched(t *testing.T) {
	dir := smallCheckpoint(t, smallConfigs["quick_gelu"])
	if os.Getenv("CLIPSEARCH_TEST_HOME") != "" {
		m, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		embedAll(t, m)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	home := t.TempDir()
	for _, home := range []string{home, "/dev/null/none"} {
		self := exec.Command(os.Args[0], "-test.run=^TestHomeIsNotTouched$")
		self.Env = append(os.Environ(), "CLIPSEARCH_TEST_HOME=1", "HOME="+home, "GOTCH_CACHE=", "XDG_CACHE_HOME=")
		if out, err := self.CombinedOutput(); err != nil {
			t.Errorf("with HOME=%s: %v\n%s", home, err, out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(home, ".*")); len(left) > 0 {
		t.Errorf("left in the home folder: %v", left)
	}
}

// All weights that a checkpoint's configuration names must be there when the towers ask: any that is missing is named.
func TestMissingWeight(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	closed := openCheckpoint(t, c.Dir)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openBackend(closed, Options{Device: "cpu"}); !errors.Is(err, checkpoint.ErrClosed) {
		t.Errorf("closed checkpoint: %v", err)
	}
	deeper := *openCheckpoint(t, c.Dir)
	deeper.Config.Text.Layers++
	if _, err := openBackend(&deeper, Options{Device: "cpu"}); !errors.Is(err, checkpoint.ErrNoTensor) {
		t.Errorf("a layer too many: %v", err)
	}
	wider := *openCheckpoint(t, c.Dir)
	wider.Config.Dims++
	b, err := openBackend(&wider, Options{Device: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Texts(t.Context(), [][]int32{{49406, 49407}}); err == nil {
		t.Error("a C++ exception is no error")
	} else {
		t.Logf("a C++ exception as an error: %v", err)
	}
}

// full is a CUDA device without memory for anything.
type full struct{ backend }

func (full) Images(context.Context, [][]uint8) ([][]float32, error) { return nil, ErrMemory }
func (full) Texts(context.Context, [][]int32) ([][]float32, error)  { return nil, ErrMemory }
func (full) Device() string                                         { return "cuda:0" }

// spent is a CPU without memory for anything.
type spent struct{ full }

func (spent) Device() string { return "cpu" }

// Nothing takes the place of a CPU without memory, nor of a device that has other weights than the checkpoint: that is an
// error, no loop, and no other model.
func TestMemoryIsAnError(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	b, err := openBackend(c, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	cpu, trained := newModel(c, spent{full{b}}, Options{}), newModel(c, full{b}, Options{})
	trained.trained = true
	for name, m := range map[string]*Model{"the CPU": cpu, "trained weights": trained} {
		if _, err := m.EncodeTexts(t.Context(), frozenTexts); !errors.Is(err, ErrMemory) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// When a device has no memory for one item the CPU takes its place, for everyone, and that is said once.
func TestMemoryFallsBackToCPU(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	cpu := nativeBackends[0].open(t, c)
	want := embedAll(t, cpu)
	b, err := openBackend(c, Options{Device: "cpu", Precision: "f32"})
	if err != nil {
		t.Fatal(err)
	}
	var warnings atomic.Int64
	m := newModel(c, full{b}, Options{Device: "cuda", Warn: func(string) { warnings.Add(1) }})
	defer m.Close()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			vectors, err := m.EncodeTexts(t.Context(), frozenTexts)
			if err != nil {
				t.Error(err)
				return
			}
			for i, text := range frozenTexts {
				near(t, text, vectors[i], want.Texts[text], 2, halfCosine)
			}
		})
	}
	wait.Wait()
	if info := m.Info(); info.Device != "cpu" || warnings.Load() != 1 {
		t.Errorf("on %s after %d warnings", info.Device, warnings.Load())
	}
}
