package search

import (
	"math/rand/v2"
	"slices"
	"sync"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

const (
	sampleSize   = 1024 // vectors: their mean is off by a thirty-second of the similarities' spread, read in milliseconds
	sampleRounds = 16   // of sampleSize draws each, where most IDs have no vector
	minSample    = 50   // vectors: in fewer, what is relevant makes the mean
)

// background knows what similarity a query has with just any picture of the library: its inner product with the mean of a
// sample of the library's vectors. It is safe for concurrent use.
type background struct {
	store *store.Store

	mu       sync.Mutex
	drawn    bool
	sequence uint64    // of the store when the sample was drawn
	mean     []float32 // [D]; nil: the library has too few vectors
}

// center returns the mean of the library's vectors, not to be changed; nil if the library has too few to tell.
func (b *background) center() (mean []float32, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.store.Sequence()
	if !b.drawn || now-b.sequence > b.sequence/8 { // a mean hardly moves with fewer changes
		if b.mean, err = b.sample(now); err != nil {
			return nil, err
		}
		b.drawn, b.sequence = true, now
	}
	return b.mean, nil
}

// sample returns the mean of vectors drawn at random, the same ones for the same library. IDs count from 1 and each took
// an entry of the log, so none is above the sequence.
func (b *background) sample(sequence uint64) ([]float32, error) {
	if sequence == 0 {
		return nil, nil
	}
	sum := make([]float32, b.store.Model().Dims)
	row := make([]float32, len(sum))
	seen := make(map[store.ID]bool, sampleSize)
	rng := rand.New(rand.NewPCG(1, 2))
	n := 0
	for round := 0; round < sampleRounds && n < sampleSize; round++ {
		err := b.store.VectorsOf(drawIDs(rng, sequence, seen), func(_ int, half []uint16) {
			vec.FromF16(row, half)
			for i, x := range row {
				sum[i] += x
			}
			n++
		})
		if err != nil {
			return nil, err
		}
	}
	if n < minSample {
		return nil, nil
	}
	for i := range sum {
		sum[i] /= float32(n)
	}
	return sum, nil
}

// drawIDs returns up to sampleSize IDs from 1 to last that were not seen, in order.
func drawIDs(rng *rand.Rand, last uint64, seen map[store.ID]bool) []store.ID {
	ids := make([]store.ID, 0, sampleSize)
	for range sampleSize {
		if id := 1 + rng.Uint64N(last); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
