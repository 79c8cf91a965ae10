//go:build native

package torch

import (
	"context"
	"errors"
	"slices"
)

// flight is a batch that the device has been given and whose embeddings have not been fetched yet. A CUDA device works on it
// beside the CPU, which prepares the next one meanwhile.
type flight struct {
	scope  scope
	result tensor // [B, D] or [B, each, D]
	count  int    // embeddings: B or B·each
	held   staging
}

// A batcher runs n items of equal length in tokens through a tower, a batch at a time, and returns their embeddings, each of
// Dims numbers and each many to an item, in order. launch gives the device the items [from, to) and names memory that must stay
// untouched until it is done.
type batcher func(ctx context.Context, n, tokens, each int, launch launcher) ([][]float32, error)

type launcher func(s *scope, from, to int) (tensor, staging)

// inBatches is the batcher of all devices: on a CPU with several cores the items, if there are several, are shared out among
// them. When the device's memory does not suffice the batch is halved, and so are all that follow; ErrMemory if it does not
// suffice for one item.
func (m *Model) inBatches(ctx context.Context, n, tokens, each int, launch launcher) ([][]float32, error) {
	if n > 1 && m.lanes.count > 1 {
		return m.sideBySide(ctx, n, tokens, each, launch)
	}
	embeddings := make([][]float32, 0, n*each)
	var before *flight // launched, not fetched
	land := func() error {
		if before == nil {
			return nil
		}
		flat, err := m.fetch(before)
		before = nil
		embeddings = slices.AppendSeq(embeddings, slices.Chunk(flat, m.config.Dims))
		return err
	}
	defer func() { _ = land() }() // frees it after an error, which is the one that counts
	for from := 0; from < n; {
		rows := m.rows.Load()
		to := min(n, from+batchSize(rows, tokens))
		next, err := m.launch(ctx, (to-from)*each, func(s *scope) (tensor, staging) { return launch(s, from, to) })
		landErr := land()
		before = next
		switch {
		case landErr != nil:
			return nil, landErr
		case err == nil:
			from = to
		case errors.Is(err, ErrMemory) && to-from > 1:
			m.rows.CompareAndSwap(rows, int64((to-from)/2*tokens))
		default:
			return nil, err
		}
	}
	if err := land(); err != nil {
		return nil, err
	}
	return embeddings, nil
}

// launch has the owner give the device a batch of count embeddings. It returns nil with an error.
func (m *Model) launch(ctx context.Context, count int, start func(s *scope) (tensor, staging)) (*flight, error) {
	f := &flight{count: count}
	err := m.run(ctx, func() {
		f.result, f.held = start(&f.scope)
		if f.scope.err != nil {
			m.release(f)
		}
	})
	if err == nil {
		err = f.scope.err
	}
	if err != nil {
		return nil, memoryError(err)
	}
	return f, nil
}

// fetch has the owner wait for a batch, and returns its numbers. It does so also when nobody wants them any more: the device
// may be reading the batch's memory.
func (m *Model) fetch(f *flight) ([]float32, error) {
	var flat []float32
	err := m.run(context.Background(), func() {
		defer m.release(f)
		flat = f.scope.floats(f.result, f.count*m.config.Dims)
	})
	if err != nil { // the model was closed
		<-m.ended
		f.scope.close()
		f.held.free()
		return nil, err
	}
	return flat, f.scope.err
}

// release frees what a batch holds. It runs on the owner.
func (m *Model) release(f *flight) {
	f.scope.close()
	m.unstage(f.held)
}
