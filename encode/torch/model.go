//go:build native

package torch

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
	lib "github.com/sugarme/gotch/libtch"
)

// Options say where and how a model runs. The zero value lets the machine decide.
type Options struct {
	// Device is auto, cpu, cuda or cuda:N; "" is auto: the first CUDA device if this libtorch finds one, else the CPU.
	Device string
	// Precision is auto, f32, bf16 or f16; "" is auto: f16 on CUDA, bf16 on CPUs with instructions for it, else f32.
	Precision string
	// Threads is how many CPU threads run the towers: together, for one picture or text, or each with a part of a batch; 0 is
	// one for each physical core. A BLAS library with threads of its own (Debian's libopenblas0-pthread, for f32) is not
	// reached by it.
	Threads int
}

// Model is a dual encoder in libtorch's memory. It is safe for concurrent use.
type Model struct {
	config checkpoint.Config
	device int32
	kind   int32
	rows   atomic.Int64 // tokens that a batch may have; less after the device's memory did not suffice

	jobs    chan func() // taken by the owner, one at a time
	lanes   lanes
	closing chan struct{}
	close   sync.Once
	ended   chan struct{} // closed when the owner has freed everything

	// The owner makes these; lanes read them.
	weights scope
	image   imageTower
	text    textTower
	staging []staging // the owner's: memory that is not in use now
}

// Open copies a checkpoint's weights to a device and returns the model, which the caller closes. pixels says how pictures are
// normalised. weights is not used after Open has returned.
func Open(config checkpoint.Config, pixels pixel.Spec, weights Weights, options Options) (*Model, error) {
	device, err := deviceNamed(options.Device)
	if err != nil {
		return nil, err
	}
	kind, err := precisionNamed(options.Precision, device)
	if err != nil {
		return nil, err
	}
	m := &Model{
		config:  config,
		device:  device,
		kind:    kind,
		jobs:    make(chan func()),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	m.rows.Store(batchRows(device))
	loaded := make(chan error)
	go m.own(options.Threads, func() error { return m.load(pixels, weights) }, loaded)
	if err := <-loaded; err != nil {
		m.Close()
		return nil, fmt.Errorf("load weights to %s: %w", m.Device(), memoryError(err))
	}
	return m, nil
}

// own is the goroutine that all of the model's tensors belong to: it loads the weights, says so, does jobs until the model
// is closed, and frees everything. It never unlocks its thread, which therefore ends with it and takes libtorch's settings
// along.
func (m *Model) own(threads int, load func() error, loaded chan<- error) {
	defer close(m.ended)
	runtime.LockOSThread()
	lib.AtGradSetEnabled(0)
	if threads <= 0 {
		threads = defaultThreads()
	}
	setThreads(threads) // OpenMP keeps it for each OS thread
	defer m.weights.close()
	defer m.freeStaging()
	err := load()
	if err == nil && m.device == deviceCPU && threads > 1 {
		m.lanes.start(threads, m.closing)
		defer m.lanes.wait()
	}
	loaded <- err
	for {
		select {
		case job := <-m.jobs:
			job()
		case <-m.closing:
			return
		}
	}
}

// load fills the towers.
func (m *Model) load(pixels pixel.Spec, weights Weights) error {
	l := loader{scope: &m.weights, weights: weights, device: m.device, kind: m.kind}
	m.image = newImageTower(&l, m.config.Vision, pixels)
	m.text = newTextTower(&l, m.config.Text)
	return m.weights.err
}

// Device returns where the model runs: cpu, or cuda:N.
func (m *Model) Device() string { return deviceName(m.device) }

// Precision returns the element type of the towers' weights: f32, bf16 or f16.
func (m *Model) Precision() string { return precisionName(m.kind) }

// Close waits for the batch that is running, if any, and frees the model. Calls that want more than that batch end with
// ErrClosed. It may be called more than once.
func (m *Model) Close() error {
	m.close.Do(func() { close(m.closing) })
	<-m.ended
	return nil
}

// run has the owner do a job and waits for its end. It returns ErrClosed or ctx's error if the job was not begun.
func (m *Model) run(ctx context.Context, job func()) error { return m.runOn(ctx, m.jobs, job) }

// runOn is run by whoever takes jobs from a channel.
func (m *Model) runOn(ctx context.Context, jobs chan<- func(), job func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan struct{})
	select {
	case jobs <- func() { defer close(done); job() }:
		<-done
		return nil
	case <-m.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Images returns one embedding of Dims numbers, not normalised, for each picture, in order. A picture is [3, S, S] planar RGB,
// S being the checkpoint's image size. ctx is checked between the blocks of each batch.
func (m *Model) Images(ctx context.Context, pixels [][]uint8) ([][]float32, error) {
	return m.pictures(ctx, pixels, 1, m.image.forward)
}

// Patches returns, for each picture as Images takes it, one embedding of Dims numbers, not normalised, for each of its
// (S/P)² patches, row by row. It costs about as much as Images.
func (m *Model) Patches(ctx context.Context, pixels [][]uint8) ([][][]float32, error) {
	patches := m.config.Vision.Patches()
	embeddings, err := m.pictures(ctx, pixels, patches, m.image.dense)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(embeddings, patches)), nil
}

// pictures runs pictures through the image tower in batches: each gets a number of embeddings from forward, which returns
// [B, D] or [B, each, D].
func (m *Model) pictures(ctx context.Context, pixels [][]uint8, each int,
	forward func(ctx context.Context, s *scope, pixels tensor, batch int64) tensor) ([][]float32, error) {
	side := m.config.Vision.ImageSize
	for i, p := range pixels {
		if len(p) != 3*side*side {
			return nil, fmt.Errorf("picture %d: %d numbers, not 3·%d·%d", i, len(p), side, side)
		}
	}
	embeddings, err := m.inBatches(ctx, len(pixels), m.config.Vision.Patches()+1, each, func(s *scope, from, to int) (tensor, staging) {
		x, held := m.stage(s, pixels[from:to], int64(side)) // [B, 3, S, S]
		return forward(ctx, s, x, int64(to-from)), held     // [B, D] or [B, each, D]
	})
	if err != nil {
		return nil, fmt.Errorf("image tower: %w", err)
	}
	return embeddings, nil
}

// Texts returns one embedding of Dims numbers, not normalised, for each text's token ids, in order. The ids go from start to
// end token; what follows the end token changes nothing. On a CPU texts of different lengths run side by side, one on each core.
// ctx is checked between the blocks of each batch.
func (m *Model) Texts(ctx context.Context, ids [][]int32) ([][]float32, error) {
	texts := make([][]int32, len(ids))
	for i := range ids {
		var err error
		if texts[i], err = m.text.real(ids[i]); err != nil {
			return nil, fmt.Errorf("text %d: %w", i, err)
		}
	}
	embeddings := make([][]float32, len(texts))
	groups := slices.Collect(byLength(texts))
	if len(groups) < 2 || m.lanes.count < 2 {
		for _, group := range groups {
			if err := m.group(ctx, m.inBatches, texts, group, embeddings); err != nil {
				return nil, err
			}
		}
		return embeddings, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(m.lanes.count)
	for _, group := range groups {
		g.Go(func() error { return m.group(ctx, m.sideBySide, texts, group, embeddings) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return embeddings, nil
}

// group puts the embeddings of a group of texts, which are of equal length, in their places.
func (m *Model) group(ctx context.Context, run batcher, texts [][]int32, group []int, embeddings [][]float32) error {
	tokens := len(texts[group[0]])
	of, err := run(ctx, len(group), tokens, 1, func(s *scope, from, to int) (tensor, staging) {
		n := int64(to - from)
		flat := make([]int64, 0, (to-from)*tokens)
		for _, i := range group[from:to] {
			for _, id := range texts[i] {
				flat = append(flat, int64(id))
			}
		}
		ids := s.to(s.ofInts(flat, n, int64(tokens)), m.device, kindI64) // [B, T]
		return m.text.forward(ctx, s, ids, n, int64(tokens)), staging{}  // [B, D]
	})
	if err != nil {
		return fmt.Errorf("text tower: %w", err)
	}
	for i, embedding := range of {
		embeddings[group[i]] = embedding
	}
	return nil
}
