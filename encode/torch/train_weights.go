//go:build native

package torch

import (
	"context"
	"errors"
	"fmt"

	"clipsearch/encode/checkpoint"
	lib "github.com/sugarme/gotch/libtch"
)

// Weights returns a copy of all weights of the checkpoint, f32, updates of low rank added; averaged says whether it is their
// running average, where there is one.
func (t *Trainer) Weights(ctx context.Context, averaged bool) ([]checkpoint.Tensor, error) {
	var s scope
	var values []float32
	err := t.run(ctx, func() {
		defer s.close()
		from := t.vector
		if averaged && t.average != nil {
			from = t.average
		}
		noGrad(func() { values = s.floats(from, int(t.layout.size)) })
	})
	if err = errors.Join(err, s.err); err != nil {
		return nil, err
	}
	t.fold(values)
	var all []checkpoint.Tensor
	for _, p := range t.layout.places() {
		if p.piece.extra {
			continue
		}
		all = append(all, checkpoint.NewTensor(p.name, t.shapes[p.name], values[p.at:][:p.size]))
	}
	return all, nil
}

// fold adds the updates of low rank to their matrices.
func (t *Trainer) fold(values []float32) {
	for _, low := range t.layout.low {
		matrix, in, out := t.layout.pieces[low.piece], t.layout.pieces[low.in], t.layout.pieces[low.out]
		rows, columns, rank := matrix.shape[0], matrix.shape[1], in.shape[0]
		for r := range rows {
			for k := range rank {
				factor := values[out.at+r*rank+k] * float32(t.options.LowRankScale)
				to, from := values[matrix.at+r*columns:][:columns], values[in.at+k*columns:][:columns]
				for c := range to {
					to[c] += factor * from[c]
				}
			}
		}
	}
}

// The vectors that a trainer's state consists of.
const (
	stateWeights = "weights."
	stateFirst   = "first."
	stateSecond  = "second."
	stateAverage = "average."
)

// State returns all that a later trainer needs to go on exactly here: the number of steps done, and the weights, AdamW's means
// and the running average, by name.
func (t *Trainer) State(ctx context.Context) (steps int64, state []checkpoint.Tensor, err error) {
	var s scope
	err = t.run(ctx, func() {
		defer s.close()
		steps = t.count
		for _, v := range t.vectors() {
			values := s.floats(v.tensor, int(t.layout.size))
			if s.err != nil {
				return
			}
			for _, p := range t.layout.places() {
				state = append(state, checkpoint.NewTensor(v.prefix+p.name, []int{int(p.size)}, values[p.at:][:p.size]))
			}
		}
	})
	return steps, state, errors.Join(err, s.err)
}

// stateVector is one of the vectors of the state.
type stateVector struct {
	prefix string
	tensor tensor
}

func (t *Trainer) vectors() []stateVector {
	all := []stateVector{{stateWeights, t.vector}, {stateFirst, t.first}, {stateSecond, t.second}}
	if t.average != nil {
		all = append(all, stateVector{stateAverage, t.average})
	}
	return all
}

// Restore puts a trainer of the same architecture and options where State was called.
func (t *Trainer) Restore(ctx context.Context, steps int64, state Weights) error {
	var s scope
	var failed error
	err := t.run(ctx, func() {
		defer s.close()
		for _, v := range t.vectors() {
			values := make([]float32, t.layout.size)
			for _, p := range t.layout.places() {
				stored, err := state.Tensor(v.prefix + p.name)
				if err == nil && int64(stored.Len()) != p.size {
					err = fmt.Errorf("tensor %s: %d numbers, not %d", v.prefix+p.name, stored.Len(), p.size)
				}
				if err != nil {
					failed = err
					return
				}
				copy(values[p.at:], stored.Float32s())
			}
			noGrad(func() { s.set(v.tensor, s.ofFloats(values, t.layout.size)) })
		}
		for _, x := range t.pending {
			lib.AtFree(x)
		}
		t.pending, t.learned = nil, nil
		t.count = steps
	})
	return errors.Join(err, failed, s.err)
}
