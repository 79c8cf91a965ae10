package vector

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// cores returns how many goroutines share n tasks.
func cores(n int) int { return min(runtime.GOMAXPROCS(0), n) }

// parallel calls fn with each of n tasks, on all cores; worker, below cores(n), runs
// one task at a time.
func parallel(n int, fn func(worker, task int)) {
	if cores(n) <= 1 {
		for task := range n {
			fn(0, task)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for worker := range cores(n) {
		wg.Go(func() {
			for {
				task := int(next.Add(1)) - 1
				if task >= n {
					return
				}
				fn(worker, task)
			}
		})
	}
	wg.Wait()
}
