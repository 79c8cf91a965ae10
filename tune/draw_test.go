package tune

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawerOf returns a drawer of sets.
func drawerOf(t *testing.T, plan Plan, sets ...Set) *drawer {
	t.Helper()
	d, err := newData(sets)
	if err != nil {
		t.Fatal(err)
	}
	return &drawer{plan: plan, data: d, tokenizer: words{}, context: 9, side: 4}
}

// TestBatchesRepeat holds that a step's batch follows from the seed and the step alone.
func TestBatchesRepeat(t *testing.T) {
	plan := Plan{Batch: 6, Copies: 2, Replace: true, Seed: 5, WordDrop: 0.3}
	set := Set{Name: "a", Examples: examples(30), Augment: Augments()["aerial"]}
	a, b := drawerOf(t, plan, set), drawerOf(t, plan, set)
	b.batch(3) // another history
	if diff := cmp.Diff(a.batch(7), b.batch(7)); diff != "" {
		t.Errorf("the same step (-first +second):\n%s", diff)
	}
	if cmp.Equal(a.batch(7), a.batch(8)) {
		t.Error("two steps are alike")
	}
}

// TestShares holds that sets get their shares, copies are of the same picture, and no picture is drawn twice for a batch.
func TestShares(t *testing.T) {
	plan := Plan{Batch: 20, Copies: 2, Replace: true, Seed: 1}
	d := drawerOf(t, plan, Set{Name: "a", Examples: examples(50), Share: 0.7}, Set{Name: "b", Examples: examples(5), Share: 0.3})
	var first, all int
	for step := range 200 {
		samples := d.samples(step)
		if len(samples) != 20 {
			t.Fatalf("%d samples", len(samples))
		}
		seen := map[[2]int]int{}
		for i, s := range samples {
			seen[[2]int{s.set, s.example}]++
			if i%2 == 1 && (samples[i-1].set != s.set || samples[i-1].example != s.example) {
				t.Fatal("copies are of two pictures")
			}
			if s.set == 0 {
				first++
			}
			all++
		}
		for place, n := range seen {
			if n != 2 {
				t.Fatalf("step %d: %v comes %d times", step, place, n)
			}
		}
	}
	if share := float64(first) / float64(all); math.Abs(share-0.7) > 0.02 {
		t.Errorf("a share of %.3f, want 0.7", share)
	}
}

// TestEpochs holds that without replacement each picture comes once an epoch, in another order each time.
func TestEpochs(t *testing.T) {
	d := drawerOf(t, Plan{Batch: 5, Seed: 2}, Set{Name: "a", Examples: examples(20)})
	var orders [2][]int
	for epoch := range orders {
		for step := range 4 {
			for _, s := range d.samples(epoch*4 + step) {
				orders[epoch] = append(orders[epoch], s.example)
			}
		}
		sorted := slices.Sorted(slices.Values(orders[epoch]))
		if want := slices.Compact(slices.Clone(sorted)); len(want) != 20 {
			t.Errorf("epoch %d has %d of 20 pictures", epoch, len(want))
		}
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs have the same order")
	}
}

// TestTextNumbers holds that texts that mean the same have the same number.
func TestTextNumbers(t *testing.T) {
	all := examples(3)
	all[0].Texts = []Text{{Text: "A dog ."}, {Text: "an aerial view of a river", Class: "ucm/river"}}
	all[1].Texts = []Text{{Text: " a dog . "}, {Text: "a river", Class: "ucm/river"}}
	all[2].Texts = []Text{{Text: "a cat"}, {Text: "a river", Class: "other/river"}}
	d, err := newData([]Set{{Name: "a", Examples: all}})
	if err != nil {
		t.Fatal(err)
	}
	number := func(example, text int) int64 { return d.texts[all[example].Texts[text]] }
	if number(0, 0) != number(1, 0) || number(0, 0) == number(2, 0) {
		t.Error("captions are told apart by case and blanks, or not at all")
	}
	if number(0, 1) != number(1, 1) || number(0, 1) == number(2, 1) {
		t.Error("classes are not told apart as they should be")
	}
}

// TestSplit holds that pictures stay on their side, whatever others there are.
func TestSplit(t *testing.T) {
	all := examples(1000)
	train, held := Split(all, 0.1)
	if len(train)+len(held) != 1000 || len(held) < 70 || len(held) > 130 {
		t.Errorf("%d held of 1000", len(held))
	}
	_, fewer := Split(all[500:], 0.1)
	for _, e := range fewer {
		if !slices.ContainsFunc(held, func(h Example) bool { return h.Hash == e.Hash }) {
			t.Errorf("%s has changed sides", e.Name)
		}
	}
}

// TestDropWords holds that words go one by one and never all.
func TestDropWords(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const text = "a black dog runs"
	if got := dropWords(text, 0, rng); got != text {
		t.Errorf("%q without dropping", got)
	}
	lengths := map[int]bool{}
	for range 200 {
		got := strings.Fields(dropWords(text, 0.5, rng))
		lengths[len(got)] = true
		if len(got) == 0 {
			t.Fatal("nothing is left")
		}
	}
	if len(lengths) != 4 {
		t.Errorf("%d lengths", len(lengths))
	}
}

// TestRate holds the schedules against values computed by hand.
func TestRate(t *testing.T) {
	for _, test := range []struct {
		schedule string
		step     int
		want     float64
	}{
		{Cosine, 0, 0.1}, {Cosine, 9, 1}, {Cosine, 10, 1}, {Cosine, 60, 0.505}, {Cosine, 110, 0.01},
		{Linear, 60, 0.505}, {Linear, 35, 0.7525}, {Linear, 110, 0.01}, {Constant, 100, 1},
		{Cosine, 35, 0.01 + 0.99*0.853553390593},
	} {
		p := Plan{Steps: 110, Batch: 2, Epoch: 1, Rate: 1, Floor: 0.01, Warmup: 10, Schedule: test.schedule}
		if got := p.rate(test.step, float64(test.step)/110); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%s, step %d: %v, want %v", test.schedule, test.step, got, test.want)
		}
	}
}
