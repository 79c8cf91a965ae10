package tune

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/encode/checkpoint"
)

// fake is a trainer whose only weight adds up what its batches and rates are, so that it tells one run from another.
type fake struct {
	count   int64
	weight  float64
	learned []Learned
	diverge int64 // step that ends in no number; 0: none
	fits    int   // samples at a time; 0: any
	stop    func()
	stopAt  int64
}

func (f *fake) Step(_ context.Context, b *Batch, rate float64, micro int) error {
	if f.fits > 0 && (micro == 0 || micro > f.fits) {
		return fmt.Errorf("%w: %d samples", ErrMemory, micro)
	}
	f.count++
	if f.count == f.diverge {
		return fmt.Errorf("step %d: %w", f.count, ErrDiverged)
	}
	sum := 0.0
	for i, id := range b.Captions {
		sum += float64(id+1) * float64(i+1)
	}
	for _, p := range b.Pixels {
		sum += float64(p)
	}
	f.weight += rate * sum
	f.learned = append(f.learned, Learned{Step: f.count, Loss: math.Mod(sum, 7), Norm: 1})
	if f.stop != nil && f.count == f.stopAt {
		f.stop()
	}
	return nil
}

func (f *fake) Learned(context.Context) ([]Learned, error) {
	all := f.learned
	f.learned = nil
	return all, nil
}

func (f *fake) tensors() Weights {
	values := make([]float32, 4) // 53 bits take three
	left := f.weight
	for i := range values {
		values[i] = float32(left)
		left -= float64(values[i])
	}
	return Weights{checkpoint.NewTensor("weight", []int{4}, values)}
}

func (f *fake) Weights(context.Context, bool) (Weights, error) { return f.tensors(), nil }

func (f *fake) State(context.Context) (int64, Weights, error) { return f.count, f.tensors(), nil }

func (f *fake) Restore(_ context.Context, steps int64, state Weights) error {
	f.count, f.weight = steps, 0
	for _, v := range state[0].Float32s() {
		f.weight += float64(v)
	}
	return nil
}

// scores is a validator that gives one score after another, the last one for ever.
type scores struct {
	values []float64
	n      int
	stop   func() // called in the validation after stopAt others, which does not come to its end; nil: never
	stopAt int
}

func (s *scores) Validate(ctx context.Context, _ Weights) (Scores, error) {
	if s.stop != nil && s.n == s.stopAt {
		s.stop()
		return Scores{}, ctx.Err()
	}
	v := s.values[min(s.n, len(s.values)-1)]
	s.n++
	return Scores{Score: v}, nil
}

// words is a tokenizer of words by their length.
type words struct{}

func (words) Encode(text string, _ int) []int32 {
	var ids []int32
	for _, w := range strings.Fields(text) {
		ids = append(ids, int32(len(w)))
	}
	return ids
}

// examples returns n pictures of one colour each with two captions.
func examples(n int) []Example {
	var all []Example
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		for k := range img.Pix {
			img.Pix[k] = byte(i * 9)
		}
		all = append(all, Example{
			Name: fmt.Sprint(i), Hash: sha256.Sum256([]byte{byte(i), byte(i >> 8)}), Image: img,
			Texts: []Text{{Text: fmt.Sprintf("picture %d", i)}, {Text: fmt.Sprintf("colour number %d", i)}},
		})
	}
	return all
}

// job returns a run of 40 steps, an epoch of 5, over 20 pictures.
func job(t *testing.T, trainer Trainer) Job {
	return Job{
		Plan: Plan{Steps: 40, Batch: 4, Epoch: 5, Rate: 0.1, Warmup: 4, Schedule: Cosine, Seed: 3, WordDrop: 0.2},
		Sets: []Set{{Name: "set", Examples: examples(20), Augment: Augments()["photo"]}}, Tokenizer: words{}, Context: 9, Side: 4,
		Trainer: trainer, Validator: &scores{values: []float64{0.1, 0.2, 0.3, 0.4, 0.35, 0.5}}, Folder: filepath.Join(t.TempDir(), "state"),
	}
}

// TestResume holds that a run that is interrupted in any step or validation and goes on ends exactly as one that was not, also
// where steps are read long after they were done.
func TestResume(t *testing.T) {
	straight := &fake{}
	want, err := Run(t.Context(), job(t, straight))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		step       int64 // interrupted in it; 0: in none
		validation int   // interrupted after so many others, the one of the base among them
		lag        int
	}{
		{step: 1}, {step: 5}, {step: 17}, {step: 39}, {step: 17, lag: 9}, {validation: 1}, {validation: 4, lag: 9}, {validation: 8},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		j := job(t, &fake{stop: cancel, stopAt: test.step})
		j.Lag = test.lag
		v := j.Validator.(*scores)
		if test.validation > 0 {
			v.stop, v.stopAt = cancel, test.validation
		}
		interrupted, err := Run(ctx, j)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%+v: %v", test, err)
		}
		second := &fake{}
		j.Trainer, j.Resume = second, true
		v.n, v.stop = len(interrupted.Measurements), nil
		got, err := Run(t.Context(), j)
		if err != nil {
			t.Fatal(err)
		}
		if second.weight != straight.weight {
			t.Errorf("%+v: weight %v, want %v", test, second.weight, straight.weight)
		}
		if diff := cmp.Diff(want.History, got.History); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test, diff)
		}
	}
}

// TestInterruptedAtOnce holds that a run that is interrupted before its first step saves nothing, and says what there is: nothing.
func TestInterruptedAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	j := job(t, &fake{})
	j.Validator.(*scores).stop = cancel
	result, err := Run(ctx, j)
	if !errors.Is(err, context.Canceled) || result == nil || result.Steps != 0 {
		t.Errorf("%+v: %v", result, err)
	}
	if _, err := LastState(j.Folder); !errors.Is(err, ErrNoState) {
		t.Errorf("a state is saved: %v", err)
	}
}

// TestResumeRefuses holds that a run goes on only with what it was begun with.
func TestResumeRefuses(t *testing.T) {
	j := job(t, &fake{})
	j.Resume = true
	if _, err := Run(t.Context(), j); !errors.Is(err, ErrNoState) {
		t.Errorf("without a state: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	j = job(t, &fake{stop: cancel, stopAt: 7})
	j.Terms = Terms{"base": "clip-1", "data": "2"}
	if _, err := Run(ctx, j); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	j.Resume = true
	for _, test := range []struct {
		names  string
		change func(*Job)
	}{
		{"rate, seed", func(j *Job) { j.Plan.Rate, j.Plan.Seed = 0.2, 9 }},
		{"data", func(j *Job) { j.Terms = Terms{"base": "clip-1", "data": "3"} }},
		{"base, data", func(j *Job) { j.Terms = nil }},
		{"steps, recipe", func(j *Job) { j.Plan.Steps++; j.Terms = Terms{"base": "clip-1", "data": "2", "recipe": "x"} }},
	} {
		other := j
		test.change(&other)
		if _, err := Run(t.Context(), other); !errors.Is(err, ErrOtherRun) || !strings.HasSuffix(err.Error(), ": "+test.names) {
			t.Errorf("with other %s: %v", test.names, err)
		}
	}
	j.Plan.Limit = time.Hour // may change: it is the clock's
	if _, err := Run(t.Context(), j); err != nil {
		t.Errorf("with the same: %v", err)
	}
}

// TestStatesAppearWhole holds that only the latest state is kept and that what was left half-written is no state.
func TestStatesAppearWhole(t *testing.T) {
	j := job(t, &fake{})
	if err := os.MkdirAll(filepath.Join(j.Folder, ".step-3"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := LastState(j.Folder); !errors.Is(err, ErrNoState) {
		t.Errorf("a half-written state is taken for one: %v", err)
	}
	if _, err := Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(j.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d entries are left, not the last state alone", len(entries))
	}
}

// TestDivergence holds that the best weights so far come back with the error.
func TestDivergence(t *testing.T) {
	j := job(t, &fake{diverge: 13})
	result, err := Run(t.Context(), j)
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "step 13") {
		t.Fatalf("error %v", err)
	}
	if result.Best == nil || len(result.Measurements) != 3 {
		t.Errorf("%d validations, best %v", len(result.Measurements), result.Best)
	}
	if _, err := LastState(j.Folder); err != nil {
		t.Errorf("no state is kept: %v", err)
	}
	j = job(t, &fake{})
	j.Validator = &scores{values: []float64{0.1, 0.2, math.NaN()}}
	if result, err = Run(t.Context(), j); !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "step 10") {
		t.Errorf("a score that is no number: %v", err)
	}
	if n := len(result.Measurements); n != 2 || !result.Measurements[1].Best {
		t.Errorf("%d validations", n)
	}
}

// TestMemory holds that the parts of a batch are halved until they fit, and that what never fits is an error.
func TestMemory(t *testing.T) {
	j := job(t, &fake{fits: 1})
	var notes []string
	j.Watch = func(e Event) {
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
	}
	result, err := Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if result.Micro != 1 || len(notes) != 2 {
		t.Errorf("parts of %d after %q", result.Micro, notes)
	}
	if _, err := Run(t.Context(), job(t, &fake{fits: -1, diverge: 1})); !errors.Is(err, ErrDiverged) {
		t.Errorf("error %v", err)
	}
}

// TestPatience holds that a run ends when nothing gets better, and keeps the best.
func TestPatience(t *testing.T) {
	trainer := &fake{}
	j := job(t, trainer)
	j.Plan.Patience = 2
	j.Validator = &scores{values: []float64{0.1, 0.5, 0.4, 0.3, 0.2}}
	result, err := Run(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if result.Steps != 15 || result.Stopped == "" {
		t.Errorf("%d steps, stopped %q", result.Steps, result.Stopped)
	}
	if m := result.Measurements[1]; !m.Best || m.Step != 5 || result.Best[0].Float32s()[0] == float32(trainer.weight) {
		t.Errorf("best %+v", m)
	}
}

// TestBadData holds what cannot be learned from.
func TestBadData(t *testing.T) {
	same := examples(3)
	for i := range same {
		same[i].Texts = []Text{{Text: "A photo "}, {Text: "a photo"}}
	}
	silent := examples(2)
	for i := range silent {
		silent[i].Texts = nil
	}
	for _, test := range []struct {
		name string
		sets []Set
		want error
	}{
		{"nothing", nil, ErrNoExamples},
		{"no texts", []Set{{Name: "x", Examples: silent}}, ErrNoExamples},
		{"one text", []Set{{Name: "x", Examples: same}}, ErrOneText},
	} {
		j := job(t, &fake{})
		j.Sets = test.sets
		if _, err := Run(t.Context(), j); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
