// Package parallel shares tasks among goroutines that each have a number, and so may have memory of their own: Workers says
// how many there should be, Do runs them.
//
// It knows no errors and no contexts: tasks look at theirs.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Workers returns how many goroutines should share n tasks: one for each core, or for each task if they are fewer.
func Workers(n int) int { return min(runtime.GOMAXPROCS(0), n) }

// Do calls fn with each of n tasks, from 0 on, and returns when all are done. Each worker, below workers, runs one task at a
// time. Worker 0 is the caller's goroutine: others may take as long to wake as a small task takes.
func Do(workers, n int, fn func(worker, task int)) {
	if workers = min(workers, n); workers <= 1 {
		for task := range n {
			fn(0, task)
		}
		return
	}
	var next atomic.Int64
	work := func(worker int) {
		for task := int(next.Add(1)) - 1; task < n; task = int(next.Add(1)) - 1 {
			fn(worker, task)
		}
	}
	var wg sync.WaitGroup
	for worker := 1; worker < workers; worker++ {
		wg.Go(func() { work(worker) })
	}
	work(0)
	wg.Wait()
}
