package cli

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/search"
)

// A caption is asked for by words, by vector and by both. The third asks each leg what one of the others has asked it, so
// a leg keeps its answer until then; the engine is none the wiser.

// answers keeps what was answered for the second who asks. The zero value is ready. Safe for concurrent use.
type answers[T any] struct {
	mu    sync.Mutex
	known map[string][]T
}

// get returns the answer to key: what the first who asked got from ask. The second takes it away.
func (a *answers[T]) get(key string, ask func() ([]T, error)) ([]T, error) {
	a.mu.Lock()
	known, ok := a.known[key]
	delete(a.known, key)
	a.mu.Unlock()
	if ok {
		return known, nil
	}
	fresh, err := ask()
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.known == nil {
			a.known = make(map[string][]T)
		}
		a.known[key] = slices.Clone(fresh)
	}
	return fresh, err
}

// askedTwice is a words leg that is asked everything twice. It does not say which words matched: eval looks at ranks alone.
type askedTwice struct {
	search.TextLeg
	answers answers[text.Match]
}

// Search answers the second time from memory. There are no filters here.
func (l *askedTwice) Search(ctx context.Context, q text.Query, k int, keep func(store.ID) bool) ([]text.Match, error) {
	return l.answers.get(fmt.Sprintf("%#v %d", q, k), func() ([]text.Match, error) { return l.TextLeg.Search(ctx, q, k, keep) })
}

// Terms says nothing of each record.
func (l *askedTwice) Terms(_ context.Context, _ text.Query, records []store.Record) ([][]string, error) {
	return make([][]string, len(records)), nil
}

// lookedAtTwice is a vector leg that is asked everything twice.
type lookedAtTwice struct {
	search.VectorLeg
	answers answers[vector.Neighbor]
}

// Search answers the second time from memory. There are no filters here.
func (l *lookedAtTwice) Search(ctx context.Context, q []float32, k int, opts vector.Options) ([]vector.Neighbor, error) {
	key := make([]byte, 0, 4*len(q)+16)
	for _, x := range q {
		key = binary.LittleEndian.AppendUint32(key, math.Float32bits(x))
	}
	key = fmt.Appendf(key, "%d %d", k, opts.Ef)
	return l.answers.get(string(key), func() ([]vector.Neighbor, error) { return l.VectorLeg.Search(ctx, q, k, opts) })
}
