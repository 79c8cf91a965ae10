package parallel

import (
	"slices"
	"sync/atomic"
	"testing"
)

// Every task runs once, whatever the numbers, and no worker runs two at a time.
func TestDo(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7} {
		for _, n := range []int{0, 1, 2, 100} {
			runs, busy := make([]atomic.Int32, n), make([]atomic.Bool, max(1, workers))
			Do(workers, n, func(worker, task int) {
				if busy[worker].Swap(true) {
					t.Errorf("worker %d has two tasks", worker)
				}
				runs[task].Add(1)
				busy[worker].Store(false)
			})
			for task := range runs {
				if got := runs[task].Load(); got != 1 {
					t.Errorf("%d workers, %d tasks: task %d ran %d times", workers, n, task, got)
				}
			}
		}
	}
}

// One worker runs the tasks in order.
func TestOneWorker(t *testing.T) {
	var order []int
	Do(1, 5, func(_, task int) { order = append(order, task) })
	if !slices.Equal(order, []int{0, 1, 2, 3, 4}) {
		t.Errorf("tasks ran in order %v", order)
	}
}

func TestWorkers(t *testing.T) {
	if Workers(0) != 0 || Workers(1) != 1 || Workers(1<<20) < 1 {
		t.Errorf("%d, %d, %d workers", Workers(0), Workers(1), Workers(1<<20))
	}
}
