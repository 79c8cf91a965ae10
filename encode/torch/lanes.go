//go:build native

package torch

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	lib "github.com/sugarme/gotch/libtch"
)

// lanes run the parts of a batch side by side on a CPU, each part on one core from the first operation to the last. Threads
// that share every operation instead meet some 200 times a batch, and wait there for whichever the system has put aside: with
// decoders on the same cores that is most of the time. The zero value has no lanes.
type lanes struct {
	count int
	jobs  chan func()
	ended sync.WaitGroup
}

// laneRows is how many tokens the part of a lane has at most: the matrix products are near their full rate, and what is
// between two operations stays in the core's caches.
const laneRows = 800

// start starts a number of lanes, which end when closing is closed.
func (l *lanes) start(count int, closing <-chan struct{}) {
	l.count, l.jobs = count, make(chan func())
	for range count {
		l.ended.Go(func() {
			runtime.LockOSThread() // never unlocked: the thread ends with its settings
			lib.AtGradSetEnabled(0)
			setThreads(1)
			for {
				select {
				case job := <-l.jobs:
					job()
				case <-closing:
					return
				}
			}
		})
	}
}

// wait waits for the end of all lanes.
func (l *lanes) wait() { l.ended.Wait() }

// sideBySide is the batcher of lanes. launch may be called from several goroutines at once.
func (m *Model) sideBySide(ctx context.Context, n, tokens, each int, launch launcher) ([][]float32, error) {
	size := min(batchSize(laneRows, tokens), (n+m.lanes.count-1)/m.lanes.count)
	embeddings := make([][]float32, n*each)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(m.lanes.count)
	for from := 0; from < n; from += size {
		to := min(n, from+size)
		g.Go(func() error {
			var s scope
			err := m.runOn(ctx, m.lanes.jobs, func() {
				defer s.close()
				result, _ := launch(&s, from, to)
				flat := s.floats(result, (to-from)*each*m.config.Dims)
				for i := range (to - from) * each {
					if s.err == nil {
						embeddings[from*each+i] = flat[i*m.config.Dims : (i+1)*m.config.Dims]
					}
				}
			})
			if err != nil {
				return err
			}
			return s.err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return embeddings, nil
}
