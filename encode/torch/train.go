//go:build native

package torch

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

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
		return nil, fmt.Errorf("load weights to %s: %w", deviceName(device), memoryError(err))
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
