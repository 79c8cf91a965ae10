//go:build native

package torch

import "context"

// Step moves the weights by one step of a learning rate along the gradient of a batch's loss. micro is how many samples go through
// the towers at once: where it is smaller than the batch the embeddings are computed first, without a gradient, then the loss
// and its gradient with respect to them, then everything again in parts (Gao et al. 2021, GradCache), so that the loss is that
// of the whole batch. What the step found is in Learned. ErrDiverged on a CPU; ErrMemory, and then nothing has changed. On a CUDA
// device the step may still be running when Step returns.
func (t *Trainer) Step(ctx context.Context, b *Batch, rate float64, micro int) error {
	var s scope
	err := t.run(ctx, func() {
		defer s.close()
		t.step(&s, b, rate, micro)
	})
	if err == nil {
		err = s.err
	}
	return memoryError(err)
}

// step is Step on the owner's thread.
func (t *Trainer) step(s *scope, b *Batch, rate float64, micro int) {
	leaf := s.leaf(s.detach(t.vector)) // [P]
	var loss tensor
	if n := len(b.Texts); micro <= 0 || micro >= n {
		loss = t.direct(s, leaf, b)
	} else {
		loss = t.cached(s, leaf, b, micro)
	}
	noGrad(func() { t.update(s, loss, s.gradient(leaf), rate) })
}

// direct runs a whole batch at once and returns its loss; the leaf has its gradient then.
func (t *Trainer) direct(s *scope, leaf tensor, b *Batch) tensor {
	teacher, wise := t.teach(s, b, len(b.Texts))
	m := newTrainee(s, t, leaf)
	if s.err != nil {
		return nil
	}
	loss := t.loss(s, m, b, t.forward(s, m, b, 0, len(b.Texts), false), teacher, wise)
	s.backward(loss)
	return s.detach(loss)
}

// cached is direct in parts of micro samples.
func (t *Trainer) cached(s *scope, leaf tensor, b *Batch, micro int) tensor {
	teacher, wise := t.teach(s, b, micro)
	var f features
	noGrad(func() {
		if m := newTrainee(s, t, t.vector); s.err == nil {
			f = t.inParts(s, m, b, micro, false)
		}
	})
	if s.err != nil {
		return nil
	}
	f = features{s.leaf(s.detach(f.pictures)), s.leaf(s.detach(f.texts))}
	loss := s.within(func(s *scope) tensor {
		m := newTrainee(s, t, leaf)
		if s.err != nil {
			return nil
		}
		loss := t.loss(s, m, b, f, teacher, wise)
		s.backward(loss)
		return s.detach(loss)
	})
	slopes := features{s.gradient(f.pictures), s.gradient(f.texts)}
	for from := 0; from < len(b.Texts) && s.err == nil; from += micro {
		to := min(from+micro, len(b.Texts))
		s.apart(func(s *scope) {
			m := newTrainee(s, t, leaf)
			if s.err != nil {
				return
			}
			part := t.forward(s, m, b, from, to, false)
			along := func(x, slope tensor) tensor { return s.sum(s.mul(x, s.part(slope, 0, int64(from), int64(to-from)))) }
			s.backward(s.add(along(part.pictures, slopes.pictures), along(part.texts, slopes.texts)))
		})
	}
	return loss
}

// inParts returns a whole batch's features, computed a part after another.
func (t *Trainer) inParts(s *scope, m *trainee, b *Batch, micro int, exact bool) features {
	var pictures, texts []tensor
	for from := 0; from < len(b.Texts); from += micro {
		s.pair(func(s *scope) (tensor, tensor) {
			f := t.forward(s, m, b, from, min(from+micro, len(b.Texts)), exact)
			return f.pictures, f.texts
		}, &pictures, &texts)
	}
	return features{s.cat(0, pictures...), s.cat(0, texts...)}
}

// teach returns the features of a batch by the averaged weights, nothing left out; nil where nothing is learned from them.
func (t *Trainer) teach(s *scope, b *Batch, micro int) (*features, *trainee) {
	if t.options.Distill == 0 || t.average == nil {
		return nil, nil
	}
	var f features
	var m *trainee
	noGrad(func() {
		m = newTrainee(s, t, t.average)
		if s.err == nil {
			f = t.inParts(s, m, b, micro, true)
		}
	})
	return &f, m
}
