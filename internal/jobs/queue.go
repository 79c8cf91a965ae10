package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"clipsearch/internal/progress"
)

const (
	maxWaiting = 16 // jobs: a person has hardly more folders to name at once
	maxKept    = 50 // jobs that are over
	maxSkips   = 20 // files of a job that are named
)

// Worker does tasks.
type Worker interface {
	// Check returns what is wrong with a task, wrapped in ErrBadTask, before it is put into the queue.
	Check(task Task) error
	// Work does a task until it is done or ctx ends, and returns what there is to say of it, as something that can be
	// written as JSON. What is finished when ctx ends stays; the same task, begun again, goes on there.
	Work(ctx context.Context, task Task, report *Report) (result any, err error)
}

// Queue holds jobs. All methods are safe for concurrent use.
type Queue struct {
	wake    chan struct{} // one slot: something waits
	working chan struct{} // one slot: Run

	mu      sync.Mutex
	worker  Worker        // nil: nobody runs the queue
	last    uint64        // number of the newest job
	jobs    []*job        // by number
	changed chan struct{} // closed, and replaced, when a job changes its state
	file    string        // of Remember; "": none
	written []byte        // what is in it, as far as is known
}

// job is a Job with what it is made of.
type job struct {
	Job
	before Progress        // of earlier runs
	meter  *progress.Meter // of the current run; nil: none
	stop   context.CancelFunc
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{wake: make(chan struct{}, 1), working: make(chan struct{}, 1), changed: make(chan struct{})}
}

// Run lets worker do the jobs in their order, one at a time, until ctx ends. A second Run waits for the end of the first.
func (q *Queue) Run(ctx context.Context, worker Worker) {
	select {
	case q.working <- struct{}{}:
		defer func() { <-q.working }()
	case <-ctx.Done():
		return
	}
	q.employ(worker)
	defer q.employ(nil)
	for {
		if j, work := q.next(ctx); j != nil {
			result, err := worker.Work(work, j.Task, &Report{queue: q, job: j})
			q.finish(j, result, err, ctx.Err() != nil)
			continue
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return
		}
	}
}

// employ says who does the work from now on; nil: nobody.
func (q *Queue) employ(worker Worker) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.worker = worker
}

// next takes the first job that waits, and the context that it runs under; nil if none does.
func (q *Queue) next(ctx context.Context) (*job, context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if ctx.Err() != nil {
		return nil, nil
	}
	i := slices.IndexFunc(q.jobs, func(j *job) bool { return j.State == Waiting })
	if i < 0 {
		return nil, nil
	}
	j := q.jobs[i]
	ctx, j.stop = context.WithCancel(ctx)
	if j.Started.IsZero() {
		j.Started = time.Now()
	}
	q.set(j, Running)
	return j, ctx
}

// finish records how a run of a job has ended; ending says that no more work is done.
func (q *Queue) finish(j *job, result any, err error, ending bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if j.stop != nil {
		j.stop()
		j.stop = nil
	}
	q.fold(j)
	j.Result = result
	switch stopped := errors.Is(err, context.Canceled); {
	case stopped && j.State == Pausing:
		q.set(j, Paused)
		return
	case stopped && ending && j.State == Running:
		q.set(j, Interrupted)
		return
	case stopped:
		q.set(j, Cancelled)
	case err != nil:
		j.Error = err.Error()
		q.set(j, Failed)
	default:
		q.set(j, Done)
	}
	j.Ended = time.Now()
	q.forget()
}

// fold adds what the current run has counted to what was counted before. The caller holds mu.
func (q *Queue) fold(j *job) {
	if j.meter != nil {
		j.before, j.meter = j.before.plus(j.meter.Snapshot()), nil
	}
	j.before.Phase, j.before.Rate, j.before.Left = "", 0, nil
}

// forget drops the oldest jobs that are over. The caller holds mu.
func (q *Queue) forget() {
	over := 0
	for _, j := range q.jobs {
		if j.State.Final() {
			over++
		}
	}
	q.jobs = slices.DeleteFunc(q.jobs, func(j *job) bool {
		if over <= maxKept || !j.State.Final() {
			return false
		}
		over--
		return true
	})
}

// remove forgets a job.
func (q *Queue) remove(j *job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = slices.DeleteFunc(q.jobs, func(other *job) bool { return other == j })
}

// Start puts a task into the queue, or finds it there: a job with the same task that is not over is not put there twice.
// The error is ErrFull, ErrState if nobody runs the queue, or the Worker's.
func (q *Queue) Start(task Task) (Job, error) {
	q.mu.Lock()
	worker := q.worker
	q.mu.Unlock()
	if worker == nil {
		return Job{}, fmt.Errorf("%w: no work is done here", ErrState)
	}
	if err := worker.Check(task); err != nil {
		return Job{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := 0
	for _, j := range q.jobs {
		if j.Origin == Here && !j.State.Final() && j.State != Cancelling && same(j.Task, task) {
			if j.State == Interrupted {
				q.set(j, Waiting)
				q.rouse()
			}
			return j.view(), nil
		}
		if j.State == Waiting {
			waiting++
		}
	}
	if waiting >= maxWaiting {
		return Job{}, fmt.Errorf("%w: %d", ErrFull, waiting)
	}
	j := q.add(task, Here, Waiting)
	q.rouse()
	return j.view(), nil
}

// same reports whether two tasks ask for the same.
func same(a, b Task) bool {
	return a.Kind == b.Kind && slices.Equal(a.Folders, b.Folders) && slices.Equal(a.Exclude, b.Exclude)
}

// add makes a job. The caller holds mu.
func (q *Queue) add(task Task, origin Origin, state State) *job {
	q.last++
	j := &job{Job: Job{ID: q.last, Task: task, Origin: origin, Created: time.Now(), Skipped: []Skip{}}}
	q.jobs = append(q.jobs, j)
	q.set(j, state)
	return j
}

// set changes a job's state and says so. The caller holds mu.
func (q *Queue) set(j *job, state State) {
	j.State = state
	q.write()
	close(q.changed)
	q.changed = make(chan struct{})
}

// rouse wakes Run.
func (q *Queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// List returns all jobs, the newest first.
func (q *Queue) List() []Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := make([]Job, 0, len(q.jobs))
	for _, j := range slices.Backward(q.jobs) {
		all = append(all, j.view())
	}
	return all
}

// Get returns a job, or ErrNoJob.
func (q *Queue) Get(id uint64) (Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	j, err := q.find(id)
	if err != nil {
		return Job{}, err
	}
	return j.view(), nil
}

// Changed returns a channel that is closed when a job is new or changes its state.
func (q *Queue) Changed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed
}

// find returns a job. The caller holds mu.
func (q *Queue) find(id uint64) (*job, error) {
	i := slices.IndexFunc(q.jobs, func(j *job) bool { return j.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("%w: %d", ErrNoJob, id)
	}
	return q.jobs[i], nil
}

// view returns the job as it is now. The caller holds the queue's mu.
func (j *job) view() Job {
	v := j.Job
	v.Skipped = slices.Clone(j.Skipped)
	v.Progress = j.before
	if j.meter != nil {
		v.Progress = j.before.plus(j.meter.Snapshot())
	}
	return v
}
