package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"clipsearch/internal/progress"
)

// bench is a Worker whose work is stepped by the test: each run counts one piece of ten for each value sent to step, and
// ends with done's error.
type bench struct {
	step chan struct{}
	done chan error
}

func newBench() *bench { return &bench{step: make(chan struct{}), done: make(chan error)} }

func (b *bench) Check(task Task) error {
	if task.Kind == "" {
		return fmt.Errorf("%w: no kind", ErrBadTask)
	}
	return nil
}

func (b *bench) Work(ctx context.Context, _ Task, report *Report) (any, error) {
	meter := report.Meter()
	meter.Phase("working")
	meter.Start(10)
	for {
		select {
		case <-b.step:
			meter.Done(1)
			report.Skip(Skip{Path: "a.jpg", Reason: "damaged"})
		case err := <-b.done:
			return "result", err
		case <-ctx.Done():
			return "part", ctx.Err()
		}
	}
}

// run calls fn with a queue at work, in a bubble whose goroutines it waits for.
func run(t *testing.T, fn func(t *testing.T, q *Queue, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		q := New()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			q.Run(ctx, b)
		}()
		synctest.Wait()
		fn(t, q, b)
		cancel()
		<-ended
	})
}

// start puts a task into the queue.
func start(t *testing.T, q *Queue, kind Kind, folders ...string) Job {
	t.Helper()
	j, err := q.Start(Task{Kind: kind, Folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// states returns the jobs' states by number, after all that can happen has.
func states(q *Queue) []State {
	synctest.Wait()
	var all []State
	for _, j := range slices.Backward(q.List()) {
		all = append(all, j.State)
	}
	return all
}

// wants compares the jobs' states.
func wants(t *testing.T, q *Queue, want ...State) {
	t.Helper()
	if diff := cmp.Diff(want, states(q)); diff != "" {
		t.Fatalf("states (-want +got):\n%s", diff)
	}
}

func TestJobsTakeTurns(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		start(t, q, Index, "/a")
		start(t, q, Index, "/b")
		start(t, q, Verify)
		wants(t, q, Running, Waiting, Waiting)
		b.done <- nil
		wants(t, q, Done, Running, Waiting)
		b.done <- errors.New("a disk is full")
		wants(t, q, Done, Failed, Running)
		b.done <- nil
		wants(t, q, Done, Failed, Done)
		failed, err := q.Get(2)
		if err != nil || failed.Error != "a disk is full" || failed.Result != "result" || failed.Ended.IsZero() {
			t.Errorf("the failed job is %+v, %v", failed, err)
		}
	})
}

func TestSameTaskOnce(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		first, again, other := start(t, q, Index, "/a"), start(t, q, Index, "/a"), start(t, q, Index, "/b")
		if first.ID != again.ID || other.ID == first.ID {
			t.Errorf("jobs %d, %d and %d", first.ID, again.ID, other.ID)
		}
		b.done <- nil
		wants(t, q, Done, Running)
		if later := start(t, q, Index, "/a"); later.ID == first.ID {
			t.Error("a job that is over is started again")
		}
	})
}

// TestPause holds that a paused job lets others pass, and that what it counted before and after adds up.
func TestPause(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		j := start(t, q, Index, "/a")
		start(t, q, Verify)
		b.step <- struct{}{}
		b.step <- struct{}{}
		if _, err := q.Pause(j.ID); err != nil {
			t.Fatal(err)
		}
		wants(t, q, Paused, Running)
		if _, err := q.Pause(j.ID); !errors.Is(err, ErrState) {
			t.Errorf("a second pause: %v", err)
		}
		if _, err := q.Resume(j.ID); err != nil {
			t.Fatal(err)
		}
		wants(t, q, Waiting, Running)
		b.done <- nil
		wants(t, q, Running, Done)
		b.step <- struct{}{}
		synctest.Wait()
		now, err := q.Get(j.ID)
		if err != nil || now.Progress.Done != 3 || now.Progress.Total != 12 || now.Progress.Phase != "working" || len(now.Skipped) != 3 {
			t.Errorf("after a pause: %+v, %v", now, err)
		}
		b.done <- nil
		wants(t, q, Done, Done)
	})
}

func TestCancel(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		running, waiting, paused := start(t, q, Index, "/a"), start(t, q, Index, "/b"), start(t, q, Index, "/c")
		if _, err := q.Pause(paused.ID); err != nil {
			t.Fatal(err)
		}
		for _, j := range []Job{paused, waiting, running} {
			if _, err := q.Cancel(j.ID); err != nil {
				t.Fatal(err)
			}
		}
		wants(t, q, Cancelled, Cancelled, Cancelled)
		if _, err := q.Cancel(running.ID); !errors.Is(err, ErrState) {
			t.Errorf("cancelled twice: %v", err)
		}
		if _, err := q.Resume(paused.ID); !errors.Is(err, ErrState) {
			t.Errorf("resumed though cancelled: %v", err)
		}
		if _, err := q.Get(99); !errors.Is(err, ErrNoJob) {
			t.Errorf("a job that never was: %v", err)
		}
	})
}

// TestFailureWhilePausing holds that an error is not taken for the pause.
func TestFailureWhilePausing(t *testing.T) {
	q := New()
	j := q.add(Task{Kind: Index}, Here, Pausing)
	q.finish(j, nil, errors.New("a disk is full"), false)
	if j.State != Failed {
		t.Errorf("the job is %s", j.State)
	}
}

func TestObserve(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		var meter progress.Meter
		finish := q.Observe(Task{Kind: Index}, Command, &meter)
		meter.Start(4)
		meter.Done(1)
		j := q.List()[0]
		if j.State != Running || j.Progress.Done != 1 || j.Progress.Total != 4 || j.Origin != Command {
			t.Errorf("observed: %+v", j)
		}
		if _, err := q.Cancel(j.ID); !errors.Is(err, ErrState) {
			t.Errorf("another's job is cancelled: %v", err)
		}
		start(t, q, Verify)
		wants(t, q, Running, Running)
		finish("summary", nil)
		b.done <- nil
		wants(t, q, Done, Done)
		q.Observe(Task{Kind: Index}, Watch, new(progress.Meter))(nil, nil)
		wants(t, q, Done, Done)
	})
}

func TestLimits(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		if _, err := q.Start(Task{}); !errors.Is(err, ErrBadTask) {
			t.Errorf("a bad task: %v", err)
		}
		start(t, q, Verify)
		synctest.Wait()
		for i := range maxWaiting {
			start(t, q, Index, fmt.Sprint(i))
		}
		if _, err := q.Start(Task{Kind: Index}); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v", err)
		}
		for range maxWaiting + 1 {
			b.done <- nil
			synctest.Wait()
		}
		for i := range 2 * maxKept {
			start(t, q, Index, fmt.Sprint(i))
			b.done <- nil
			synctest.Wait()
		}
		if all := q.List(); len(all) != maxKept || all[0].ID != uint64(maxWaiting+1+2*maxKept) {
			t.Errorf("%d jobs are kept, the newest is %d", len(all), all[0].ID)
		}
	})
}

func TestChanged(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		changed := q.Changed()
		start(t, q, Verify)
		<-changed
		synctest.Wait()
		changed = q.Changed()
		b.done <- nil
		<-changed
	})
}

// TestNobodyAtWork holds that nothing is put into a queue that nobody runs, and that work goes over to the next.
func TestNobodyAtWork(t *testing.T) {
	run(t, func(t *testing.T, q *Queue, b *bench) {
		if _, err := New().Start(Task{Kind: Verify}); !errors.Is(err, ErrState) {
			t.Errorf("started by nobody: %v", err)
		}
		second := newBench()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			q.Run(ctx, second)
		}()
		start(t, q, Verify)
		synctest.Wait()
		b.done <- nil // the first is still the one that works
		wants(t, q, Done)
		cancel()
		<-ended
	})
}
