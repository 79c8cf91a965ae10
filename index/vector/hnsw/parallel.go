package hnsw

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls fn with each of n tasks, on as many goroutines as there are workers,
// of which each is one goroutine's.
func parallel[W any](workers []W, n int, fn func(w W, task int)) {
	if n == 1 || len(workers) == 1 {
		for task := range n {
			fn(workers[0], task)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range workers[:min(n, len(workers))] {
		wg.Go(func() {
			for task := int(next.Add(1)) - 1; task < n; task = int(next.Add(1)) - 1 {
				fn(w, task)
			}
		})
	}
	wg.Wait()
}

// cores returns how many goroutines build a graph.
func cores() int { return runtime.GOMAXPROCS(0) }
