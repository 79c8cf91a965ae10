package jobs

import (
	"fmt"
	"time"

	"clipsearch/internal/progress"
)

// Pause stops a job for now: what it has finished stays, and the jobs behind it get their turn. One that runs is Pausing
// until it has stopped. ErrNoJob; ErrState if the job is over, paused, or another process's.
func (q *Queue) Pause(id uint64) (Job, error) {
	return q.change(id, func(j *job) bool {
		switch {
		case j.State == Waiting:
			q.set(j, Paused)
		case j.State == Running && j.stop != nil:
			q.set(j, Pausing)
			j.stop()
		default:
			return false
		}
		return true
	})
}

// Resume lets a paused or interrupted job wait for its turn again. ErrNoJob; ErrState if it is neither.
func (q *Queue) Resume(id uint64) (Job, error) {
	return q.change(id, func(j *job) bool {
		if j.State != Paused && j.State != Interrupted {
			return false
		}
		q.set(j, Waiting)
		q.rouse()
		return true
	})
}

// Cancel stops a job for good; what it has finished stays. One that runs is Cancelling until it has stopped. ErrNoJob;
// ErrState if the job is over, or another process's.
func (q *Queue) Cancel(id uint64) (Job, error) {
	return q.change(id, func(j *job) bool {
		switch {
		case j.State == Waiting || j.State == Paused || j.State == Interrupted:
			j.Ended = time.Now()
			q.set(j, Cancelled)
			q.forget()
		case (j.State == Running || j.State == Pausing) && j.stop != nil:
			q.set(j, Cancelling)
			j.stop()
		default:
			return false
		}
		return true
	})
}

// change calls fn with a job; false from it is ErrState.
func (q *Queue) change(id uint64, fn func(*job) bool) (Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j, err := q.find(id)
	if err != nil {
		return Job{}, err
	}
	if !fn(j) {
		owner := ""
		if j.Origin != Here {
			owner = ", and not this page's"
		}
		return j.view(), fmt.Errorf("%w: job %d is %s%s", ErrState, id, j.State, owner)
	}
	return j.view(), nil
}

// Observe shows work that is done elsewhere, and counted by meter, as a job that runs; finish says how it ended: without result
// and error it is forgotten. It can be neither paused nor cancelled.
func (q *Queue) Observe(task Task, origin Origin, meter *progress.Meter) (finish func(result any, err error)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j := q.add(task, origin, Running)
	j.Started, j.meter = j.Created, meter
	return func(result any, err error) {
		q.finish(j, result, err, false)
		if result == nil && err == nil {
			q.remove(j)
		}
	}
}
