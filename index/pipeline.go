package index

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

// maxPlain is how many documents that need no encoding are written in one transaction: enough that its fsync does not
// count, few enough that an interrupt loses no work worth naming.
const maxPlain = 256

// outcome is what reading one file came to: exactly one of entry, move and skip.
type outcome struct {
	job   job
	hash  [32]byte          // of the content; zero if it could not be read
	entry *store.Entry      // a document to write; if input is set its vector is still to come
	input []uint8           // the tower's input
	move  *store.Relocation // a document whose file is here now
	skip  *store.Skip       // the file could not be read
}

// batch is what one round of the writer stores.
type batch struct {
	outcomes []outcome
	inputs   int // outcomes that wait for a vector
}

// take reads all files of the work: first those at new paths, which may take over documents of vanished and changed
// files, then the changed ones, last those whose content was being decoded when they came up.
func (r *run) take(ctx context.Context, w work) error {
	r.meter.Phase("indexing")
	r.meter.Start(w.size())
	changed, err := r.compare(ctx, w.changed)
	if err != nil {
		return err
	}
	if err := r.pipeline(ctx, append(w.fresh, w.lacking...)); err != nil {
		return err
	}
	if changed, err = r.exchange(ctx, changed); err != nil {
		return err
	}
	for jobs := changed; len(jobs) > 0; jobs, r.later = r.later, nil {
		if err := r.pipeline(ctx, jobs); err != nil {
			return err
		}
	}
	jobs := r.later
	r.later = nil
	return r.pipeline(ctx, jobs)
}

// pipeline reads, encodes and writes jobs, each stage beside the others. When ctx ends, what is encoded is still
// written.
func (r *run) pipeline(parent context.Context, jobs []job) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	feed := make(chan job)
	read := make(chan outcome, r.opts.Batch) // one batch is decoded while another is encoded
	ready := make(chan batch, 1)
	var g errgroup.Group
	g.Go(func() error { send(ctx, jobs, feed); return nil })
	g.Go(func() error { r.readAll(ctx, feed, read); return nil })
	g.Go(func() error {
		defer close(ready)
		defer cancel()
		return r.encodeAll(ctx, read, ready)
	})
	g.Go(func() error {
		err := r.writeAll(context.WithoutCancel(ctx), ready)
		if err != nil {
			cancel()
			for range ready { // let the encoder end
			}
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return parent.Err()
}

// send feeds the workers until ctx ends.
func send(ctx context.Context, jobs []job, feed chan<- job) {
	defer close(feed)
	for _, j := range jobs {
		select {
		case feed <- j:
		case <-ctx.Done():
			return
		}
	}
}

// readAll runs the decoding workers and closes read when the last one is done.
func (r *run) readAll(ctx context.Context, feed <-chan job, read chan<- outcome) {
	defer close(read)
	var workers sync.WaitGroup
	for range r.opts.Workers {
		workers.Go(func() {
			for j := range feed {
				start := time.Now()
				o, ok := r.read(ctx, j)
				r.meter.Spend(progress.Decode, start)
				if !ok {
					continue
				}
				select {
				case read <- o:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	workers.Wait()
}

// encodeAll gathers outcomes into batches, gives them their vectors and hands them on.
func (r *run) encodeAll(ctx context.Context, read <-chan outcome, ready chan<- batch) error {
	for {
		start := time.Now()
		b, more := r.gather(ctx, read)
		r.meter.Spend(progress.Wait, start)
		if err := r.encode(ctx, b.outcomes); err != nil {
			if ctx.Err() != nil {
				return nil // pipeline reports it
			}
			return err
		}
		if len(b.outcomes) > 0 {
			ready <- b // the writer takes until this channel is closed
		}
		if !more {
			return nil
		}
	}
}

// gather takes outcomes until a batch is full; more is false when there are no others or ctx ends.
func (r *run) gather(ctx context.Context, read <-chan outcome) (b batch, more bool) {
	for b.inputs < r.opts.Batch && len(b.outcomes)-b.inputs < maxPlain {
		select {
		case o, ok := <-read:
			if !ok {
				return b, false
			}
			b.outcomes = append(b.outcomes, o)
			if o.input != nil {
				b.inputs++
			}
		case <-ctx.Done():
			return batch{}, false
		}
	}
	return b, true
}

// encode fills in the vectors of a batch. If the tower fails on the whole batch each picture is tried alone, so that one
// bad picture costs only itself; if all of them fail the tower's error is returned.
func (r *run) encode(ctx context.Context, outcomes []outcome) error {
	var inputs [][]uint8
	var waiting []*outcome
	for i := range outcomes {
		if outcomes[i].input != nil {
			inputs, waiting = append(inputs, outcomes[i].input), append(waiting, &outcomes[i])
		}
	}
	if len(inputs) == 0 {
		return nil
	}
	defer r.meter.Spend(progress.Encode, time.Now())
	vectors, err := r.opts.Encoder.EncodePixels(ctx, inputs)
	if err == nil {
		for i, o := range waiting {
			o.entry.Vector, o.input = vectors[i], nil
		}
		r.meter.Encoded(len(waiting))
		return nil
	}
	if ctx.Err() != nil || len(waiting) == 1 && len(outcomes) == 1 {
		return err
	}
	return r.encodeAlone(ctx, waiting, err)
}

// encodeAlone encodes pictures one by one after their batch failed with cause.
func (r *run) encodeAlone(ctx context.Context, waiting []*outcome, cause error) error {
	good := 0
	for _, o := range waiting {
		vectors, err := r.opts.Encoder.EncodePixels(ctx, [][]uint8{o.input})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.input = nil
		if err != nil {
			o.skip, o.entry = newSkip(o.job.file, reasonEncode, err), nil
			continue
		}
		o.entry.Vector = vectors[0]
		good++
	}
	r.meter.Encoded(good)
	if good == 0 {
		return cause
	}
	return nil
}
