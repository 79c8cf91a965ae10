package tune

import "context"

// depth is how many batches are made before they are wanted.
const depth = 3

// prefetch makes batches for steps [from, to) in order. stop ends it and waits for its end.
func prefetch(ctx context.Context, d *drawer, from, to int) (batches <-chan *Batch, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan *Batch, depth)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(out)
		for step := from; step < to && ctx.Err() == nil; step++ {
			select {
			case out <- d.batch(step):
			case <-ctx.Done():
			}
		}
	}()
	return out, func() { cancel(); <-ended }
}
