//go:build native

package cli

import (
	"context"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// shortOfMemory is set in the process that TestMemoryHalves starts: its address space gets a limit.
const shortOfMemory = "CLIPSEARCH_TEST_SHORT_OF_MEMORY"

// parted is a trainer that notes in parts of how many samples it did its steps, or does them in given ones.
type parted struct {
	tune.Trainer
	parts, given []int
}

func (p *parted) Step(ctx context.Context, b *tune.Batch, rate float64, micro int) error {
	if p.given != nil {
		micro = p.given[len(p.parts)]
	}
	err := p.Trainer.Step(ctx, b, rate, micro)
	if err == nil {
		p.parts = append(p.parts, micro)
	}
	return err
}

// When the system refuses the memory of a step, the parts of a batch are halved until they fit, and the run is the one that
// was given parts of these sizes, bit for bit. A process of its own has its address space limited to a little more than it
// has already, so that it is libtorch that asks in vain.
func TestMemoryHalves(t *testing.T) {
	if os.Getenv(shortOfMemory) == "" {
		self := exec.Command(os.Args[0], "-test.run=^TestMemoryHalves$", "-test.v")
		self.Env = append(os.Environ(), shortOfMemory+"=1", "MALLOC_ARENA_MAX=1") // a new thread's arena would reserve 64 MB
		out, err := self.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "out of memory: going on with ") {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	c := createTiny(t)
	examples := noiseExamples(c.Config.Vision.ImageSize)
	run := func(trainer tune.Trainer, steps, micro int) *tune.Result {
		t.Helper()
		result, err := tune.Run(t.Context(), tune.Job{
			Plan: tune.Plan{Steps: steps, Batch: 1024, Epoch: steps, Rate: 1e-3, Schedule: tune.Cosine, Seed: 5},
			Sets: []tune.Set{{Name: "noise", Examples: examples}}, Tokenizer: c.Tokenizer, Context: 77, Side: c.Config.Vision.ImageSize,
			Micro: micro, Trainer: trainer,
			Watch: func(e tune.Event) {
				if e.Note != "" {
					t.Log(e.Note)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	limited, free := &parted{Trainer: openTiny(t, c)}, &parted{Trainer: openTiny(t, c)}
	run(openTiny(t, c), 1, 64) // libraries take memory of their own when they are first used
	runtime.KeepAlive(make([]byte, 512<<20))
	runtime.GC() // the address space stays with Go's heap, which must not be the one that asks in vain
	lift := limitMemory(t, 96<<20)
	got := run(limited, 3, 0)
	lift()
	if got.Micro < 1 || got.Micro >= 1024 {
		t.Fatalf("%d samples at a time", got.Micro)
	}
	t.Logf("steps in parts of %v", limited.parts)
	free.given = limited.parts
	want := run(free, 3, 0)
	if diff := cmp.Diff(want.History, got.History); diff != "" {
		t.Errorf("the curves (-parts of %v given +halved):\n%s", limited.parts, diff)
	}
	for i, w := range want.Best {
		if string(w.Data) != string(got.Best[i].Data) {
			t.Fatalf("%s: the weights differ", w.Name)
		}
	}
}

// limitMemory lets the process have so many bytes more than it has, until lift is called.
func limitMemory(t *testing.T, more uint64) (lift func()) {
	t.Helper()
	var pages uint64
	data, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(data), &pages)
	}
	var before unix.Rlimit
	if err == nil {
		err = unix.Getrlimit(unix.RLIMIT_AS, &before)
	}
	set := func(limit unix.Rlimit) {
		if err := unix.Setrlimit(unix.RLIMIT_AS, &limit); err != nil {
			t.Fatal(err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	set(unix.Rlimit{Cur: pages*uint64(os.Getpagesize()) + more, Max: before.Max})
	return func() { set(before) }
}

// createTiny makes a checkpoint of random weights.
func createTiny(t *testing.T) *checkpoint.Checkpoint {
	t.Helper()
	a, err := checkpoint.ArchitectureNamed("tiny")
	dir := t.TempDir() + "/tiny"
	if err == nil {
		err = checkpoint.Create(context.Background(), dir, a.Config, 1, checkpoint.F32)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// openTiny opens a trainer of one thread: another would want a stack when memory is short.
func openTiny(t *testing.T, c *checkpoint.Checkpoint) tune.Trainer {
	t.Helper()
	trainer, err := encode.OpenTrainer(c, encode.TrainOptions{
		Device: "cpu", Precision: "f32", Threads: 1, AdamW: encode.AdamW{Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-6, Decay: 0.1}, Clip: 1, MaxScale: 4.6,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { trainer.Close() })
	return learner{trainer}
}

// noiseExamples returns 256 pictures, each with a text.
func noiseExamples(side int) []tune.Example {
	all := make([]tune.Example, 256)
	for i := range all {
		img := solid(side, side, color.RGBA{uint8(i), uint8(i * 7), uint8(i * 31), 255})
		all[i] = tune.Example{Name: fmt.Sprint(i), Image: img, Texts: []tune.Text{{Text: fmt.Sprintf("picture %d", i)}}}
	}
	return all
}
