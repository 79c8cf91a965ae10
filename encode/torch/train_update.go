//go:build native

package torch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// update moves the weights along a gradient [P].
func (t *Trainer) update(s *scope, loss, gradient tensor, rate float64) {
	if s.err != nil {
		return
	}
	if t.device == deviceCPU {
		t.updateHere(s, loss, gradient, rate)
	} else {
		t.updateThere(s, loss, gradient, rate)
	}
}

// updateHere is update for weights in this process's memory.
func (t *Trainer) updateHere(s *scope, loss, gradient tensor, rate float64) {
	l := t.layout
	gradient = s.contiguous(gradient)
	if s.err != nil {
		return
	}
	memory := func(x tensor) []float32 { return unsafe.Slice((*float32)(lib.AtDataPtr(x)), l.size) }
	w, g, m := memory(t.vector), memory(gradient), moments{memory(t.first), memory(t.second)}
	scale := l.scaleAt()
	found := Learned{Step: t.count + 1, Loss: float64(s.floats(loss, 1)[0]), Norm: math.Sqrt(squares(g)), Scale: float64(w[scale])}
	if math.IsNaN(found.Loss+found.Norm) || math.IsInf(found.Loss+found.Norm, 0) {
		s.stop(fmt.Errorf("step %d: %w", found.Step, ErrDiverged))
		return
	}
	factor := 1.0
	if t.options.Clip > 0 && found.Norm > t.options.Clip {
		factor = t.options.Clip / found.Norm
	}
	t.count++
	for i, p := range l.pieces {
		if t.still[i] {
			continue
		}
		span := func(x []float32) []float32 { return x[p.at:][:p.len()] }
		decay := 0.0
		if p.decay {
			decay = 1
		}
		t.options.AdamW.step(span(w), span(g), moments{span(m.first), span(m.second)}, factor, rate, t.count, decay)
	}
	w[scale] = min(w[scale], float32(t.options.MaxScale))
	if t.average != nil {
		average(memory(t.average), w, t.averageShare())
	}
	t.learned = append(t.learned, found)
}

// averageShare returns how far the average moves towards the weights: less and less until it is 1 − Average, so that the first,
// random weights are soon forgotten.
func (t *Trainer) averageShare() float64 {
	return 1 - min(t.options.Average, float64(1+t.count)/float64(10+t.count))
}

// updateThere is update for weights on a CUDA device. Nothing is read back: the device is not waited for. All that needs memory is
// computed before anything changes, so that a step that does not fit can be tried again.
func (t *Trainer) updateThere(s *scope, loss, gradient tensor, rate float64) {
	a, count := t.options.AdamW, float64(t.count+1)
	length := s.norm(gradient) // []
	scale := s.part(t.vector, 0, t.layout.scaleAt(), 1)
	found := s.cat(0, s.view(loss, 1), s.view(length, 1), scale) // [3]
	if t.options.Clip > 0 {
		gradient = s.mul(gradient, s.atMost(s.scale(s.reciprocal(s.plus(length, 1e-6)), t.options.Clip), 1)) // [P]
	}
	first := s.between(t.first, gradient, 1-a.Beta1)                                            // [P]
	second := s.between(t.second, s.mul(gradient, gradient), 1-a.Beta2)                         // [P]
	root := s.scale(s.sqrt(second), 1/math.Sqrt(1-math.Pow(a.Beta2, count)))                    // [P]
	change := s.scale(s.div(first, s.plus(root, a.Epsilon)), rate/(1-math.Pow(a.Beta1, count))) // [P]
	if a.Decay > 0 {
		change = s.add(change, s.mul(s.scale(t.decays, rate*a.Decay), t.vector)) // [P]
	}
	if t.moving != nil {
		change = s.mul(change, t.moving)
	}
	vector := s.add(t.vector, s.scale(change, -1)) // [P]
	s.limit(s.part(vector, 0, t.layout.scaleAt(), 1), t.options.MaxScale)
	if s.err != nil {
		return
	}
	s.release(found)
	t.pending = append(t.pending, found)
	t.count++
	s.set(t.first, first)
	s.set(t.second, second)
	s.set(t.vector, vector)
	if t.average != nil {
		s.move(t.average, t.vector, t.averageShare())
	}
}

// Learned returns what the steps since the last call found. On a CUDA device it waits for them, and returns ErrDiverged with
// the first that went wrong.
func (t *Trainer) Learned(ctx context.Context) ([]Learned, error) {
	var s scope
	var all []Learned
	err := t.run(ctx, func() {
		defer s.close()
		first := t.count - int64(len(t.pending)) + 1
		for i, x := range t.pending {
			if values := s.floats(x, 3); values != nil {
				t.learned = append(t.learned, Learned{first + int64(i), float64(values[0]), float64(values[1]), float64(values[2])})
			}
			lib.AtFree(x)
		}
		t.pending = nil
		all, t.learned = t.learned, nil
	})
	if err = errors.Join(err, s.err); err != nil {
		return nil, err
	}
	for _, l := range all {
		if math.IsNaN(l.Loss+l.Norm) || math.IsInf(l.Loss+l.Norm, 0) {
			return nil, fmt.Errorf("step %d: %w", l.Step, ErrDiverged)
		}
	}
	return all, nil
}
