package tune

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
)

// Batch is what a step learns from: N samples, each a picture and a text.
type Batch struct {
	Pixels   []byte    // [N, 3, S, S]: R, G and B of each picture
	Texts    [][]int32 // [N]: token ids from start to end token
	Pictures []int64   // [N]: samples with the same number show the same picture
	Captions []int64   // [N]: samples with the same number say the same
	Seed     uint64    // of what the trainer draws by chance
}

// Tokenizer turns a text into token ids, at most context of them, from start to end token.
type Tokenizer interface {
	Encode(text string, context int) []int32
}

// drawer makes the batch of a step.
type drawer struct {
	plan      Plan
	data      *data
	tokenizer Tokenizer
	context   int // tokens
	side      int // px

	mu     sync.Mutex
	orders map[int][]int // by epoch: the order of all pictures
}

// sample is one picture of a batch and one of its texts.
type sample struct {
	set, example, text int
	seed               uint64
}

// stream is a random sequence that belongs to one purpose of one step.
func stream(seed uint64, purpose string, number int) *rand.Rand {
	h := seed*0x9e3779b97f4a7c15 + uint64(number)
	for _, c := range purpose {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return rand.New(rand.NewPCG(h, uint64(number)))
}

// batch makes the batch of a step, counted from 0, on all cores.
func (d *drawer) batch(step int) *Batch {
	samples := d.samples(step)
	size := 3 * d.side * d.side
	b := &Batch{
		Pixels: make([]byte, len(samples)*size), Texts: make([][]int32, len(samples)),
		Pictures: make([]int64, len(samples)), Captions: make([]int64, len(samples)),
		Seed: stream(d.plan.Seed, "noise", step).Uint64(),
	}
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(samples); i += workers {
				d.fill(b, i, samples[i], b.Pixels[i*size:(i+1)*size])
			}
		})
	}
	wait.Wait()
	return b
}

// fill makes sample i of a batch.
func (d *drawer) fill(b *Batch, i int, s sample, pixels []byte) {
	rng := rand.New(rand.NewPCG(s.seed, 0))
	set := &d.data.sets[s.set]
	example := &set.Examples[s.example]
	text := example.Texts[s.text]
	set.Augment.apply(example.Image, d.side, rng, pixels)
	b.Texts[i] = d.tokenizer.Encode(dropWords(text.Text, d.plan.WordDrop, rng), d.context)
	b.Pictures[i] = d.data.first[s.set] + int64(s.example)
	b.Captions[i] = d.data.texts[text]
}

// samples draws what a step learns from.
func (d *drawer) samples(step int) []sample {
	rng := stream(d.plan.Seed, "samples", step)
	copies := max(1, d.plan.Copies)
	n := max(1, d.plan.Batch/copies)
	var places []sample
	if d.plan.Replace || len(d.data.sets) > 1 {
		places = d.drawn(rng, n)
	} else {
		places = d.inOrder(step, n)
	}
	var all []sample
	for _, p := range places {
		texts := d.data.sets[p.set].Examples[p.example].Texts
		start := rng.IntN(len(texts))
		for c := range copies {
			p.text = (start + c) % len(texts) // different ones, as far as there are
			if c > 0 && len(texts) > 2 {
				p.text = (start + 1 + rng.IntN(len(texts)-1)) % len(texts)
			}
			p.seed = rng.Uint64()
			all = append(all, p)
		}
	}
	return all
}

// drawn draws n pictures: from each set its share, rounded by chance, and in a set each as likely as any other, with
// replacement, though not twice for one batch unless the set is too small.
func (d *drawer) drawn(rng *rand.Rand, n int) []sample {
	var total float64
	for _, s := range d.data.sets {
		total += s.Share
	}
	var places []sample
	at, offset := 0.0, rng.Float64()
	for k, set := range d.data.sets {
		from := int(at + offset)
		at += set.Share / total * float64(n)
		count := int(at+offset) - from
		if k == len(d.data.sets)-1 {
			count = n - len(places)
		}
		used := make(map[int]bool)
		for range count {
			i := rng.IntN(len(set.Examples))
			for used[i] && len(used) < len(set.Examples) {
				i = rng.IntN(len(set.Examples))
			}
			used[i] = true
			places = append(places, sample{set: k, example: i})
		}
	}
	return places
}

// inOrder returns the pictures of a step when each comes once an epoch, in an order drawn for each epoch.
func (d *drawer) inOrder(step, n int) []sample {
	total := len(d.data.sets[0].Examples)
	places := make([]sample, n)
	for i := range places {
		at := step*n + i
		places[i].example = d.order(at / total)[at%total]
	}
	return places
}

// order returns the order of all pictures in an epoch.
func (d *drawer) order(epoch int) []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.orders[epoch] == nil {
		if d.orders == nil {
			d.orders = make(map[int][]int)
		}
		delete(d.orders, epoch-2)
		d.orders[epoch] = stream(d.plan.Seed, "order", epoch).Perm(len(d.data.sets[0].Examples))
	}
	return d.orders[epoch]
}

// dropWords leaves each word out with a probability, but never all.
func dropWords(text string, p float64, rng *rand.Rand) string {
	if p == 0 {
		return text
	}
	words := strings.Fields(text)
	var kept []string
	for _, w := range words {
		if rng.Float64() >= p {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return text
	}
	return strings.Join(kept, " ")
}
