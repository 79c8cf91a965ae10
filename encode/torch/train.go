//go:build native

package torch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"clipsearch/encode/checkpoint"
	lib "github.com/sugarme/gotch/libtch"
)

// Trainer holds a model's weights, in f32, and moves them along the gradient of the contrastive loss. It is safe for concurrent
// use; steps run one after the other.
type Trainer struct {
	config  checkpoint.Config
	options TrainOptions
	device  int32
	kind    int32
	fused   bool // attention as one operation
	norms   bool // layer norms in the towers' type: CUDA, see loader.norm
	layout  *layout
	shapes  map[string][]int // of the checkpoint's weights

	jobs    chan func()
	closing chan struct{}
	close   sync.Once
	ended   chan struct{}

	// Only the owner touches these.
	owned         scope
	vector        tensor // [P]: all weights
	first, second tensor // [P]: AdamW's running means
	average       tensor // [P]: of the weights; nil: none
	still         []bool // by piece: it is not trained
	decays        tensor // [P]: 1 where weights decay, else 0; CUDA only
	moving        tensor // [P]: 1 where weights are trained, else 0; CUDA only; nil: all are
	mean, std     tensor // [3, 1, 1]
	count         int64  // steps done
	pending       []tensor
	learned       []Learned
}

// OpenTrainer copies a checkpoint's weights, which it reads as f32, and returns a trainer, which the caller closes.
func OpenTrainer(config checkpoint.Config, weights Weights, options TrainOptions) (*Trainer, error) {
	device, err := deviceNamed(options.Device)
	if err != nil {
		return nil, err
	}
	if device != deviceCPU && (options.Precision == "auto" || options.Precision == "") {
		options.Precision = "bf16"
	}
	kind, err := precisionNamed(options.Precision, device)
	if err != nil {
		return nil, err
	}
	if kind == kindF16 {
		return nil, fmt.Errorf("precision f16: gradients leave its range; take bf16 or f32")
	}
	t := &Trainer{
		config:  config,
		options: options,
		device:  device,
		kind:    kind,
		norms:   device != deviceCPU,
		jobs:    make(chan func()),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
		shapes:  make(map[string][]int),
	}
	t.layout = newLayout(config, t.norms, options.PictureLoss > 0)
	if options.LowRank > 0 {
		t.layout.addLowRank(options.LowRank)
	}
	for _, p := range t.layout.pieces {
		t.still = append(t.still, t.stays(p.names[0], p.extra))
	}
	loaded := make(chan error)
	go t.own(weights, loaded)
	if err := <-loaded; err != nil {
		t.Close()
		return nil, fmt.Errorf("load weights to %s: %w", deviceName(device), err)
	}
	return t, nil
}

// own is the goroutine that all tensors belong to; see Model.own.
func (t *Trainer) own(weights Weights, loaded chan<- error) {
	defer close(t.ended)
	runtime.LockOSThread()
	lib.AtGradSetEnabled(1)
	threads := t.options.Threads
	if threads <= 0 {
		threads = defaultThreads()
	}
	setThreads(threads)
	defer t.owned.close()
	t.fused = hasFusedAttention(t.device, t.kind)
	loaded <- t.load(weights)
	for {
		select {
		case job := <-t.jobs:
			job()
		case <-t.closing:
			return
		}
	}
}

// load fills the vector of weights and makes the optimiser's state.
func (t *Trainer) load(weights Weights) error {
	values, err := t.gather(weights)
	if err != nil {
		return err
	}
	s := &t.owned
	n := t.layout.size
	vector := func(values []float32) tensor { return s.to(s.ofFloats(values, n), t.device, kindF32) }
	noGrad(func() {
		t.vector = vector(values)
		t.first, t.second = vector(make([]float32, n)), vector(make([]float32, n))
		if t.options.Average > 0 {
			t.average = vector(values)
		}
		if t.device != deviceCPU {
			t.loadMasks(s)
		}
		t.mean = s.to(s.ofFloats(slices.Clone(t.options.Mean[:]), 3, 1, 1), t.device, kindF32)
		t.std = s.to(s.ofFloats(slices.Clone(t.options.Std[:]), 3, 1, 1), t.device, kindF32)
	})
	return s.err
}

// loadMasks makes what updateThere multiplies with.
func (t *Trainer) loadMasks(s *scope) {
	vector := func(values []float32) tensor { return s.to(s.ofFloats(values, t.layout.size), t.device, kindF32) }
	t.decays = vector(t.layout.decays())
	if slices.Contains(t.still, true) {
		t.moving = vector(t.layout.moving(t.still))
	}
}

// gather returns the weights in the layout's order. Those that only training needs are drawn at random, always the same.
func (t *Trainer) gather(weights Weights) ([]float32, error) {
	values := make([]float32, t.layout.size)
	for _, p := range t.layout.places() {
		to := values[p.at:][:p.size]
		if p.piece.extra {
			p.piece.draw(p.name, to)
			continue
		}
		stored, err := weights.Tensor(p.name)
		if err != nil {
			return nil, err
		}
		if stored.Len() != len(to) {
			return nil, fmt.Errorf("tensor %s: %d weights, not %d", p.name, stored.Len(), len(to))
		}
		copy(to, stored.Float32s())
		t.shapes[p.name] = stored.Shape
	}
	return values, nil
}

// Device returns where the trainer runs: cpu, or cuda:N.
func (t *Trainer) Device() string { return deviceName(t.device) }

// Precision returns the element type in which the towers run.
func (t *Trainer) Precision() string { return precisionName(t.kind) }

// Close waits for the step that is running, if any, and frees everything. It may be called more than once.
func (t *Trainer) Close() error {
	t.close.Do(func() { close(t.closing) })
	<-t.ended
	return nil
}

// run has the owner do a job; see Model.run.
func (t *Trainer) run(ctx context.Context, job func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan struct{})
	select {
	case t.jobs <- func() { defer close(done); job() }:
		<-done
		return nil
	case <-t.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Step moves the weights by one step of a learning rate along the gradient of a batch's loss. micro is how many samples go through
// the towers at once: where it is smaller than the batch the embeddings are computed first, without a gradient, then the loss
// and its gradient with respect to them, then everything again in parts (Gao et al. 2021, GradCache), so that the loss is that
// of the whole batch. What the step found is in Learned. ErrDiverged on a CPU, ErrOutOfMemory; on a CUDA device the step may
// still be running when Step returns.
func (t *Trainer) Step(ctx context.Context, b *Batch, rate float64, micro int) error {
	var s scope
	err := t.run(ctx, func() {
		defer s.close()
		t.step(&s, b, rate, micro)
	})
	if err == nil {
		err = s.err
	}
	return outOfMemory(err)
}

// outOfMemory returns err as ErrOutOfMemory if that is what libtorch means.
func outOfMemory(err error) error {
	if err != nil && (strings.Contains(err.Error(), "out of memory") || strings.Contains(err.Error(), "can't allocate memory")) {
		return fmt.Errorf("%w: %v", ErrOutOfMemory, err)
	}
	return err
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

// features are the pooled tokens of both towers: [N, W] each, f32.
type features struct{ pictures, texts tensor }

// forward runs samples [from, to) of a batch through the towers of m.
func (t *Trainer) forward(s *scope, m *trainee, b *Batch, from, to int, exact bool) features {
	n, side := int64(to-from), int64(t.config.Vision.ImageSize)
	pixels := s.within(func(s *scope) tensor {
		size := 3 * int(side*side)
		raw := s.ofBytes(b.Pixels[from*size:to*size], kindU8, n, 3, side, side)
		x := s.scale(s.as(s.to(raw, t.device, kindU8), kindF32), 1.0/255) // [N, 3, S, S]
		x = s.div(s.add(x, s.scale(t.mean, -1)), t.std)                   // [N, 3, S, S]
		return s.as(x, t.kind)
	})
	rng := rand.New(rand.NewPCG(b.Seed, uint64(from)))
	pictures := m.pictures(s, pixels, n, t.drawPictures(s, rng, int(n), exact))
	return features{pictures, t.forwardTexts(s, m, b.Texts[from:to], rng, exact)}
}

// forwardTexts runs texts through the text tower of m: the short and the long ones apart, so that one long text does not make
// all others as long as itself.
func (t *Trainer) forwardTexts(s *scope, m *trainee, texts [][]int32, rng *rand.Rand, exact bool) tensor {
	order, cut := byLengths(texts)
	var parts []tensor
	for _, group := range [][]int{order[:cut], order[cut:]} {
		if len(group) == 0 {
			continue
		}
		n, tokens := int64(len(group)), len(texts[group[len(group)-1]])
		lengths, flat := make([]int, n), make([]int64, int(n)*tokens)
		for i, at := range group {
			ids := texts[at]
			lengths[i] = len(ids)
			for k := range tokens {
				flat[i*tokens+k] = int64(ids[min(k, len(ids)-1)])
			}
		}
		ids := s.to(s.ofInts(flat, n, int64(tokens)), t.device, kindI64) // [N, T]
		parts = append(parts, m.texts(s, ids, n, int64(tokens), t.drawTexts(s, rng, lengths, tokens, exact)))
	}
	back := make([]int64, len(order))
	for i, at := range order {
		back[at] = int64(i)
	}
	return s.pick(s.cat(0, parts...), s.to(s.ofInts(back, int64(len(back))), t.device, kindI64)) // [N, W]
}

// byLengths returns the texts' order by length, and where to cut it so that both parts, padded to their longest, have the fewest
// tokens together.
func byLengths(texts [][]int32) (order []int, cut int) {
	order = make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(texts[a]) - len(texts[b]) })
	length := func(i int) int { return len(texts[order[i]]) }
	longest := length(len(order) - 1)
	cut = len(order)
	best := len(order) * longest * 9 / 10 // less of a gain is not worth a second pass
	for i := 1; i < len(order); i++ {
		if total := i*length(i-1) + (len(order)-i)*longest; total < best {
			best, cut = total, i
		}
	}
	return order, cut
}

// loss returns the loss of a whole batch's features.
func (t *Trainer) loss(s *scope, m *trainee, b *Batch, f features, teacher *features, wise *trainee) tensor {
	p := t.newPairs(s, b.Pictures, b.Captions, t.options.Smoothing)
	if teacher != nil {
		noGrad(func() {
			p.learnFrom(s, s.unit(s.linear(teacher.pictures, wise.projectImage)), s.unit(s.linear(teacher.texts, wise.projectText)),
				s.exp(wise.scale), t.options.Distill)
		})
	}
	pictures := s.unit(s.linear(f.pictures, m.projectImage)) // [N, D]
	texts := s.unit(s.linear(f.texts, m.projectText))        // [N, D]
	loss := contrast(s, pictures, texts, s.exp(m.scale), p)
	if t.options.PictureLoss > 0 {
		z := s.linear(s.relu(s.linear(f.pictures, m.head[0])), m.head[1]) // [N, D]
		loss = s.add(loss, s.scale(among(s, s.unit(z), p), t.options.PictureLoss))
	}
	return loss
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

// updateThere is update for weights on a CUDA device. Nothing is read back: the device is not waited for.
func (t *Trainer) updateThere(s *scope, loss, gradient tensor, rate float64) {
	a := t.options.AdamW
	t.count++
	length := s.norm(gradient) // []
	scale := s.part(t.vector, 0, t.layout.scaleAt(), 1)
	found := s.cat(0, s.view(loss, 1), s.view(length, 1), scale) // [3]
	if s.err != nil {
		return
	}
	s.release(found)
	t.pending = append(t.pending, found)
	if t.options.Clip > 0 {
		gradient = s.mul(gradient, s.atMost(s.scale(s.reciprocal(s.plus(length, 1e-6)), t.options.Clip), 1)) // [P]
	}
	s.move(t.first, gradient, 1-a.Beta1)
	s.move(t.second, s.mul(gradient, gradient), 1-a.Beta2)
	root := s.scale(s.sqrt(t.second), 1/math.Sqrt(1-math.Pow(a.Beta2, float64(t.count))))
	change := s.scale(s.div(t.first, s.plus(root, a.Epsilon)), rate/(1-math.Pow(a.Beta1, float64(t.count)))) // [P]
	if a.Decay > 0 {
		change = s.add(change, s.mul(s.scale(t.decays, rate*a.Decay), t.vector)) // [P]
	}
	if t.moving != nil {
		change = s.mul(change, t.moving)
	}
	s.set(t.vector, s.add(t.vector, s.scale(change, -1)))
	s.set(scale, s.atMost(scale, t.options.MaxScale))
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
