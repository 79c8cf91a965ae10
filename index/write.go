package index

import (
	"context"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/progress"
)

// writeAll stores batches until the channel is closed or one fails. It is the only writer of a pipeline.
func (r *run) writeAll(ctx context.Context, ready <-chan batch) error {
	for b := range ready {
		start := time.Now()
		err := r.write(ctx, b.outcomes)
		r.meter.Spend(progress.Write, start)
		if err != nil {
			return err
		}
	}
	return nil
}

// write stores one batch.
func (r *run) write(ctx context.Context, outcomes []outcome) error {
	var entries []store.Entry
	var written []job
	var moves []store.Relocation
	vectors := make(map[store.ID][]float32)
	for _, o := range outcomes {
		switch {
		case o.skip != nil:
			r.settle(o.hash, 0, false)
			r.summary.Skipped = append(r.summary.Skipped, *o.skip)
		case o.move != nil:
			moves = append(moves, *o.move)
			r.done[o.move.ID] = o.job.file
		case o.entry.Document.ID != 0 && r.isLacking(o):
			vectors[o.entry.Document.ID] = o.entry.Vector
		default:
			entries, written = append(entries, *o.entry), append(written, o.job)
		}
	}
	if err := r.put(ctx, entries, written); err != nil {
		return err
	}
	if len(vectors) > 0 {
		if err := r.store.SetVectors(ctx, vectors); err != nil {
			return err
		}
		r.summary.Updated += len(vectors)
		r.summary.Encoded += len(vectors)
		r.meter.Done(len(vectors))
	}
	if err := r.relocate(ctx, moves); err != nil {
		return err
	}
	if err := r.writeSkips(ctx, outcomes); err != nil {
		return err
	}
	r.follow()
	return nil
}

// isLacking reports whether an outcome only adds a vector to a document whose file is unchanged.
func (r *run) isLacking(o outcome) bool {
	known, ok := r.known[o.job.file.Path]
	return ok && known.ID == o.entry.Document.ID && known.Hash == o.entry.Document.Hash && o.entry.Vector != nil
}

// put writes documents and tells resolve that their content can be copied from now on.
func (r *run) put(ctx context.Context, entries []store.Entry, jobs []job) error {
	if len(entries) == 0 {
		return nil
	}
	ids, err := r.store.Put(ctx, entries)
	if err != nil {
		return err
	}
	var back []store.ID
	for i, e := range entries {
		hasVector := e.Vector != nil || e.CopyOf != 0 && r.opts.Encoder != nil
		r.settle(e.Document.Hash, ids[i], hasVector)
		switch {
		case e.Document.ID != 0:
			r.summary.Updated++
			if r.known[jobs[i].file.Path].Hidden {
				back = append(back, ids[i])
			}
		default:
			r.summary.Added++
		}
		if e.CopyOf != 0 {
			r.summary.Copied++
		}
		if e.Vector != nil {
			r.summary.Encoded++
		}
	}
	r.meter.Done(len(entries))
	r.summary.Returned += len(back)
	return r.store.Unhide(ctx, back...)
}

// writeSkips remembers the unreadable files of a batch and hides the documents whose path has something else than their
// picture now. A file that could not be read may still be it.
func (r *run) writeSkips(ctx context.Context, outcomes []outcome) error {
	var skips []store.Skip
	var stale []store.ID
	for _, o := range outcomes {
		if o.skip == nil {
			continue
		}
		skips = append(skips, *o.skip)
		if r.opts.Skipped != nil {
			r.opts.Skipped(*o.skip)
		}
		if known, ok := r.known[o.skip.Path]; ok && !known.Hidden && hasOtherContent(o.skip.Reason) && !r.isClaimed(known.ID) {
			stale = append(stale, known.ID)
		}
		r.meter.Failed()
	}
	if len(skips) == 0 {
		return nil
	}
	r.summary.Hidden += len(stale)
	if err := r.store.Hide(ctx, stale...); err != nil {
		return err
	}
	return r.store.PutSkips(ctx, skips)
}

// hasOtherContent reports whether a reason for skipping a changed file means that it no longer holds its old picture.
func hasOtherContent(reason string) bool { return isFinal(reason) || reason == reasonUnsupported }
